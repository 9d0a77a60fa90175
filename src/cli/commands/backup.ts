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
    'Copies the SQLite database to FILE, also while the service runs. A stored signing key is copied to FILE.key. Neither\n' +
    'file may exist. The copy is checked. Keep both as secret as the originals.',
  operands: ['FILE'],

  async run({ config, operands: [file = ''], progress, report }) {
    const settings = config({ keys: false })
    if (isPostgres(settings.database.url))
      throw new CommandError(
        'usage',
        'A PostgreSQL database is backed up with its own tools, such as pg_dump.'
      )
    const database = getDatabaseFile(settings)
    const [databaseKeyFile, key] = [toSecretFile(database), toSecretFile(file)]
    for (const target of [file, key, ...getDraftFiles(file)])
      if (pathExists(target)) throw new CommandError('exists', `${target} exists already. Give another file.`)

    // An unreadable key must fail before anything is written.
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
