import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { readStoredSecrets, secretKinds, toSecretFile } from '../../auth/secrets/secret-file.ts'
import { isPostgres } from '../../config/database-url.ts'
import { copySqlite, getDraftFiles, isInUse } from '../../db/sqlite/copy.ts'
import { toSqlitePath } from '../../db/sqlite/engine.ts'
import { openStore } from '../../db/store.ts'
import { createParentFolder, createPrivateFile, pathExists } from '../../process/private-files.ts'
import { expireSyncTokens } from '../../sync/reset.ts'
import type { Command, CommandContext } from '../command.ts'
import { CommandError } from '../exit-codes.ts'

/** A database, and what SQLite keeps beside it while it is open. */
const DATABASE_SUFFIXES = ['', '-wal', '-shm']

const restore: Command = {
  description:
    'Replaces the SQLite database by the backup in FILE, and the keys by FILE.key and FILE.sealing.key if those exist. Stop the\n' +
    'service first. The old files are moved aside, and the answer says where. Clients that follow changes take all todos anew.',
  operands: ['FILE'],

  async run({ config, operands: [file = ''], now, log, progress, report }) {
    const { url } = config({ keys: false }).database
    const database = isPostgres(url) ? undefined : toSqlitePath(url)
    if (!database) throw new CommandError('usage', 'DATABASE_URL: a backup can only replace a SQLite file.')
    if (!existsSync(file)) throw new CommandError('system', `There is no file ${file}.`)
    if (!statSync(file).isFile()) throw new CommandError('system', `${file} is not a file.`)
    const hasPredecessor = pathExists(database)
    if (existsSync(database) && isInUse(database))
      throw new CommandError('unavailable', `${database} is in use. Stop the service first.`)

    const draftFile = `${database}.restored`
    const draftKeyFiles = secretKinds.map(kind => toSecretFile(kind, draftFile))
    const draftFiles = [...DATABASE_SUFFIXES, '-journal'].map(suffix => `${draftFile}${suffix}`)
    for (const draft of [...draftFiles, ...draftKeyFiles, ...getDraftFiles(draftFile)])
      if (pathExists(draft))
        throw new CommandError('exists', `${draft} exists already. Remove this file of an earlier attempt.`)
    // An unreadable key must fail before anything is moved.
    const keys = readStoredSecrets(file, draftFile)
    createParentFolder(database)
    // All drafts are complete before anything is moved: from then on, files are only renamed.
    for (const { to, secret } of keys) createPrivateFile(to, secret)
    try {
      await copySqlite(file, draftFile, fraction => progress(`${Math.floor(fraction * 100)} % restored`))
      await expireTokensIn(draftFile, { now, log })
    } catch (error) {
      for (const draft of [...draftFiles, ...draftKeyFiles]) rmSync(draft, { force: true })
      throw error
    }
    const replacedFile = `${database}.replaced-${now().toISOString().replaceAll(':', '-')}`
    // SQLite would apply the old database's log to the restored one.
    for (const suffix of DATABASE_SUFFIXES) moveIfExists(`${database}${suffix}`, `${replacedFile}${suffix}`)
    renameSync(draftFile, database)
    for (const { kind, to } of keys) {
      moveIfExists(toSecretFile(kind, database), toSecretFile(kind, replacedFile))
      renameSync(to, toSecretFile(kind, database))
    }
    report(
      { database, ...(hasPredecessor && { replaced: replacedFile }) },
      `${database} is restored.${hasPredecessor ? ` The old database is now ${replacedFile}` : ''}\n`
    )
  }
}

/** Brings a database to the present schema, and makes the sync tokens that were given out since the backup expire. */
async function expireTokensIn(file: string, { now, log }: Pick<CommandContext, 'now' | 'log'>) {
  const store = await openStore({ url: `file:${file}`, poolMax: 1, now, log })
  await expireSyncTokens(store).finally(store.close)
}

/** A link that leads nowhere is moved, too: what is put in its place must not end half done. */
function moveIfExists(from: string, to: string) {
  if (pathExists(from)) renameSync(from, to)
}

export default restore
