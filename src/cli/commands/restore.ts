import { existsSync, renameSync, statSync } from 'node:fs'
import { toSecretFile } from '../../auth/tokens/signing-secrets.ts'
import { isPostgres } from '../../config/database-url.ts'
import { copySqlite, getDraftFiles, isInUse } from '../../db/sqlite/copy.ts'
import { toSqlitePath } from '../../db/sqlite/engine.ts'
import {
  createParentFolder,
  createPrivateFile,
  pathExists,
  readPrivateFile
} from '../../process/private-files.ts'
import type { Command } from '../command.ts'
import { CommandError } from '../exit-codes.ts'

const restore: Command = {
  description:
    'Puts the backup in FILE, and the key in FILE.key where there is one, in the place of the SQLite database. Stop the\n' +
    'service first. Nothing is lost: what was there is moved aside, and the answer says where.',
  operands: ['FILE'],

  async run({ config, operands: [file = ''], now, progress, report }) {
    const { url } = config({ keys: false }).database
    const database = isPostgres(url) ? undefined : toSqlitePath(url)
    if (!database)
      throw new CommandError('usage', 'DATABASE_URL: a backup can only take the place of a file.')
    if (!existsSync(file)) throw new CommandError('system', `There is no file ${file}.`)
    if (!statSync(file).isFile()) throw new CommandError('system', `${file} is not a file.`)
    const hasPredecessor = existsSync(database)
    if (hasPredecessor && isInUse(database))
      throw new CommandError('unavailable', `${database} is in use. Stop the service first.`)

    const draftFile = `${database}.restored`
    for (const draft of [draftFile, ...getDraftFiles(draftFile)])
      if (pathExists(draft))
        throw new CommandError('exists', `${draft} is there already. Remove what an earlier try has left.`)
    // Whatever cannot be read is found out before anything is moved.
    const keyFile = toSecretFile(file)
    const key = existsSync(keyFile) ? readPrivateFile(keyFile) : undefined
    createParentFolder(database)
    await copySqlite(file, draftFile, fraction => progress(`${Math.floor(fraction * 100)} % restored`))
    const replacedFile = `${database}.replaced-${now().toISOString().replaceAll(':', '-')}`
    // A log that lay beside another database would be taken for this one's.
    for (const suffix of ['', '-wal', '-shm'])
      moveIfExists(`${database}${suffix}`, `${replacedFile}${suffix}`)
    renameSync(draftFile, database)
    if (key) {
      moveIfExists(toSecretFile(database), toSecretFile(replacedFile))
      createPrivateFile(toSecretFile(database), key)
    }
    report(
      { database, ...(hasPredecessor && { replaced: replacedFile }) },
      `${database} is restored.${hasPredecessor ? ` What was there is now ${replacedFile}` : ''}\n`
    )
  }
}

function moveIfExists(from: string, to: string) {
  if (existsSync(from)) renameSync(from, to)
}

export default restore
