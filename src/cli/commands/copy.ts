import { existsSync } from 'node:fs'
import { sealingSecret, signingSecret, toSecretFile } from '../../auth/secrets/secret-file.ts'
import { isDatabaseUrl, isPostgres } from '../../config/database-url.ts'
import { copyDatabase } from '../../db/copy.ts'
import { DatabaseError } from '../../db/errors.ts'
import { openPostgres } from '../../db/postgres/engine.ts'
import { toSqlitePath } from '../../db/sqlite/engine.ts'
import { openStore } from '../../db/store.ts'
import { copiedTables, features } from '../../features.ts'
import type { Command } from '../command.ts'
import { CommandError } from '../exit-codes.ts'

const copy: Command = {
  description: 'Copies a SQLite database into an empty PostgreSQL one. Stop the service first.',
  options: {
    from: { type: 'string', placeholder: 'URL', help: 'such as file:./data/latchkey.db' },
    to: { type: 'string', placeholder: 'URL', help: 'such as postgres://USER:PASSWORD@HOST/NAME' }
  },

  async run({ values, log, now, progress, report }) {
    const [from, to] = [`${values.from}`, `${values.to}`]
    const file = isDatabaseUrl(from) && !isPostgres(from) ? toSqlitePath(from) : undefined
    if (!file) throw new CommandError('usage', '--from: give file:PATH.')
    if (!isDatabaseUrl(to) || !isPostgres(to))
      throw new CommandError('usage', '--to: give postgres://USER:PASSWORD@HOST/NAME.')

    // Opening a missing file would create an empty database.
    if (!existsSync(file)) throw new DatabaseError(`--from: there is no database at ${file}.`)
    const source = await openStore({ url: from, poolMax: 1, now, log })
    try {
      for (const { finishPendingWork } of features) await finishPendingWork?.(source)
      const target = await openPostgres({ url: to, poolMax: 1, log })
      const onProgress = (name: string, rows: number) => progress(`${rows} ${name}`)
      const sizes = await copyDatabase(source, target, copiedTables, onProgress).finally(target.close)
      report(sizes, formatSizes(sizes, file))
    } finally {
      await source.close()
    }
  }
}

const formatSizes = (sizes: Record<string, number>, file: string) => `${Object.entries(sizes)
  .map(([name, size]) => `${size} ${name}\n`)
  .join('')}
Set JWT_SECRET to the secret that the service has signed with: the content of ${toSecretFile(signingSecret, file)},
unless JWT_SECRET was set before. Another secret signs everybody out.
Set SEALING_KEY to the secret that the service has sealed with: the content of ${toSecretFile(sealingSecret, file)},
unless SEALING_KEY was set before. Another secret makes all authenticator apps worthless.
`

export default copy
