import { existsSync, statSync } from 'node:fs'
import { toSecretFile } from '../../auth/tokens/signing-secrets.ts'
import { isPostgres } from '../../config/database-url.ts'
import { copySqlite, getDraftFiles } from '../../db/sqlite/copy.ts'
import { createPrivateFile, pathExists, readPrivateFile } from '../../process/private-files.ts'
import type { Command } from '../command.ts'
import { CommandError } from '../exit-codes.ts'
import { getDatabaseFile } from '../open-database.ts'

const backup: Command = {
  description:
    'Copies the SQLite database to FILE as it is at this moment, also while the service writes to it, and the kept signing\n' +
    'key, where there is one, to FILE.key. Neither may be there yet. The copy is checked. Keep both as you keep secrets.',
  operands: ['FILE'],

  async run({ config, operands: [file = ''], progress, report }) {
    const settings = config({ keys: false })
    if (isPostgres(settings.database.url))
      throw new CommandError('usage', 'Back a PostgreSQL database up by its own means: pg_dump, say.')
    const database = getDatabaseFile(settings)
    const [databaseKeyFile, key] = [toSecretFile(database), toSecretFile(file)]
    for (const target of [file, key, ...getDraftFiles(file)])
      if (pathExists(target))
        throw new CommandError('exists', `${target} is there already. Give another file.`)

    // Whatever cannot be read is found out before anything is written.
    const secret = existsSync(databaseKeyFile) ? readPrivateFile(databaseKeyFile) : undefined
    await copySqlite(database, file, fraction => progress(`${Math.floor(fraction * 100)} % copied`))
    if (secret) createPrivateFile(key, secret)
    const bytes = statSync(file).size
    report(
      { file, bytes, ...(secret && { key }) },
      `${file}: ${bytes} bytes${secret ? `, and its key in ${key}` : ''}\n`
    )
  }
}

export default backup
