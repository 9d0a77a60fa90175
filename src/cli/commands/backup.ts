import { statSync } from 'node:fs'
import {
  readStoredSecrets,
  type SecretKind,
  sealingSecret,
  secretKinds,
  signingSecret,
  toSecretFile
} from '../../auth/secrets/secret-file.ts'
import type { Config } from '../../config/config.ts'
import { isPostgres } from '../../config/database-url.ts'
import type { SettingName } from '../../config/environment-schema.ts'
import { copySqlite, getDraftFiles } from '../../db/sqlite/copy.ts'
import { createPrivateFile, pathExists } from '../../process/private-files.ts'
import type { Command } from '../command.ts'
import { CommandError } from '../exit-codes.ts'
import { getDatabaseFile } from '../open-database.ts'

const backup: Command = {
  description:
    'Copies the SQLite database to FILE, also while the service runs. Its keys are copied too, where they are stored: that\n' +
    'which signs to FILE.key, that which seals to FILE.sealing.key. Keys in the settings are not: keep those yourself. None of\n' +
    'the files may exist. The copy is checked. Keep all of them as secret as the originals.',
  operands: ['FILE'],

  async run({ config, operands: [file = ''], progress, report }) {
    const settings = config({ keys: false })
    if (isPostgres(settings.database.url))
      throw new CommandError(
        'usage',
        'A PostgreSQL database is backed up with its own tools, such as pg_dump.'
      )
    const database = getDatabaseFile(settings)
    const keyFiles = secretKinds.map(kind => toSecretFile(kind, file))
    for (const target of [file, ...keyFiles, ...getDraftFiles(file)])
      if (pathExists(target)) throw new CommandError('exists', `${target} exists already. Give another file.`)

    // An unreadable key must fail before anything is written.
    const keys = readStoredSecrets(database, file)
    await copySqlite(database, file, fraction => progress(`${Math.floor(fraction * 100)} % copied`))
    for (const { to, secret } of keys) createPrivateFile(to, secret)
    const bytes = statSync(file).size
    const copied = (kind: SecretKind) => keys.find(key => key.kind === kind)?.to
    const [key, sealingKey] = [copied(signingSecret), copied(sealingSecret)]
    const settingsToKeep = findKeySettings(settings)
    report(
      {
        file,
        bytes,
        ...(key && { key }),
        ...(sealingKey && { sealingKey }),
        ...(settingsToKeep.length > 0 && { settingsToKeep })
      },
      `${file}: ${bytes} bytes${formatKeys(keys.map(({ to }) => to))}\n${formatSettings(settingsToKeep)}`
    )
  }
}

const formatKeys = (files: readonly string[]) =>
  files.length === 0 ? '' : `, and its ${files.length > 1 ? 'keys' : 'key'} in ${files.join(' and ')}`

/** The settings that have keys, which no backup has. */
const findKeySettings = ({ signing, sealing }: Config): SettingName[] =>
  [
    signing.secrets.length > 0 ? ('JWT_SECRET' as const) : [],
    signing.keyFiles.length > 0 ? ('JWT_PRIVATE_KEY_FILE' as const) : [],
    sealing.secrets.length > 0 ? ('SEALING_KEY' as const) : []
  ].flat()

const formatSettings = (names: readonly SettingName[]) =>
  names
    .map(name =>
      name === 'JWT_PRIVATE_KEY_FILE'
        ? `${name} names files that are not copied: keep them yourself\n`
        : `${name} is in the settings: keep it yourself\n`
    )
    .join('')

export default backup
