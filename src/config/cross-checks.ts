import { isPostgres } from './database-url.ts'
import { type ParsedEnvironment, splitList } from './environment-parser.ts'
import { Environment, type SettingName } from './environment-schema.ts'
import { isLoopbackHost, isSmtpUrl, toMailConfig } from './mail-settings.ts'
import { findForeignOrigin, findRpId } from './passkeys/settings.ts'

/** A rule about several settings. */
interface CrossCheck {
  readonly settings: readonly SettingName[]
  /**
   * @param show writes a setting's value, and says whether the value is the default
   * @returns the message of the fault, or false
   */
  readonly check: (environment: Environment, show: (name: SettingName) => string) => string | false
}

const CROSS_CHECKS: readonly CrossCheck[] = [
  {
    settings: ['DATABASE_URL', 'WEB_CONCURRENCY'],
    check: ({ DATABASE_URL, WEB_CONCURRENCY }) =>
      DATABASE_URL === ':memory:' &&
      WEB_CONCURRENCY > 1 &&
      'WEB_CONCURRENCY: has to be 1 with DATABASE_URL=:memory:, as each process would have a database of its own.'
  },
  {
    settings: ['ACCESS_TOKEN_TTL', 'REFRESH_TOKEN_TTL'],
    check: ({ ACCESS_TOKEN_TTL, REFRESH_TOKEN_TTL }, show) =>
      ACCESS_TOKEN_TTL >= REFRESH_TOKEN_TTL &&
      `ACCESS_TOKEN_TTL: ${show('ACCESS_TOKEN_TTL')} is not less than REFRESH_TOKEN_TTL, ` +
        `${show('REFRESH_TOKEN_TTL')}: no session could ever be refreshed. Shorten the one or lengthen the other.`
  },
  {
    settings: ['REFRESH_TOKEN_TTL', 'SESSION_TTL'],
    check: ({ REFRESH_TOKEN_TTL, SESSION_TTL }, show) =>
      REFRESH_TOKEN_TTL > SESSION_TTL &&
      `REFRESH_TOKEN_TTL: ${show('REFRESH_TOKEN_TTL')} is more than SESSION_TTL, ${show('SESSION_TTL')}: ` +
        'every session would end before its refresh token does. Shorten the one or lengthen the other.'
  },
  {
    settings: ['JWT_SECRET', 'SEALING_KEY'],
    check: ({ JWT_SECRET, SEALING_KEY }) =>
      JWT_SECRET !== undefined &&
      SEALING_KEY !== undefined &&
      splitList(SEALING_KEY).some(secret => splitList(JWT_SECRET).includes(secret)) &&
      'SEALING_KEY: has a secret of JWT_SECRET. Give another one, so that a signing key can be thrown away alone.'
  },
  {
    settings: ['MAIL_URL', 'MAIL_FROM'],
    check: ({ MAIL_URL, MAIL_FROM }) =>
      isSmtpUrl(MAIL_URL) &&
      MAIL_FROM === undefined &&
      `MAIL_FROM: is needed with MAIL_URL. Give ${Environment.properties.MAIL_FROM.description}.`
  },
  {
    settings: ['HOST', 'MAIL_URL', 'PUBLIC_URL'],
    check: ({ HOST, MAIL_URL, PUBLIC_URL }) =>
      (isSmtpUrl(MAIL_URL) || (/^file:/.test(MAIL_URL ?? '') && !isLoopbackHost(HOST))) &&
      PUBLIC_URL === undefined &&
      `PUBLIC_URL: is needed with MAIL_URL, since links in mails begin with it. Give ${Environment.properties.PUBLIC_URL.description}.`
  },
  {
    settings: ['HOST', 'MAIL_URL', 'MAIL_FROM', 'PUBLIC_URL', 'SIGN_UP'],
    check: environment =>
      ['verified', 'invited'].includes(environment.SIGN_UP) &&
      toMailConfig(environment) === undefined &&
      `MAIL_URL: is needed with SIGN_UP=${environment.SIGN_UP}, which sends mails. Give smtp://USER:PASSWORD@HOST:PORT, smtps://USER:PASSWORD@HOST:PORT or file:FOLDER.`
  },
  {
    settings: ['HOST', 'PUBLIC_URL', 'PASSKEY_RP_ID', 'PASSKEY_ORIGINS', 'PASSKEY_RELATED_ORIGINS'],
    check: environment =>
      (environment.PASSKEY_ORIGINS ?? environment.PASSKEY_RELATED_ORIGINS) !== undefined &&
      findRpId(environment) === undefined &&
      `PASSKEY_RP_ID: is needed with PASSKEY_ORIGINS and PASSKEY_RELATED_ORIGINS. Give ${Environment.properties.PASSKEY_RP_ID.description}.`
  },
  {
    settings: ['HOST', 'PUBLIC_URL', 'PASSKEY_RP_ID', 'PASSKEY_ORIGINS'],
    check(environment) {
      const foreign = findForeignOrigin(environment)
      if (foreign === undefined) return false
      const rpId = findRpId(environment)
      return (
        `PASSKEY_ORIGINS: ${foreign} does not belong to PASSKEY_RP_ID, ${rpId}: no browser would let its pages use the ` +
        `passkeys. Give origins whose host is ${rpId} or ends with .${rpId}, or give this one as PASSKEY_RELATED_ORIGINS.`
      )
    }
  },
  {
    settings: ['HOST', 'PORT', 'METRICS_HOST', 'METRICS_PORT'],
    check: ({ HOST, PORT, METRICS_HOST, METRICS_PORT }) =>
      PORT > 0 &&
      PORT === METRICS_PORT &&
      (HOST === METRICS_HOST || [HOST, METRICS_HOST].some(isWildcardHost)) &&
      `METRICS_PORT: ${METRICS_PORT} is PORT already. Give another port for metrics.`
  }
]

const isWildcardHost = (host: string) => ['0.0.0.0', '::'].includes(host)

const SECRET_REQUIRED = `JWT_SECRET: is needed with PostgreSQL, where no file of ours is shared by all instances. Give ${Environment.properties.JWT_SECRET.description}.`

/**
 * Checks settings that depend on each other. A rule is skipped when one of its settings has a fault of its own.
 * @param environment the variables as given, which tell a default from a value
 * @param needsKey whether a service on PostgreSQL must have a signing key
 * @returns a message for each rule that is broken
 */
export function crossCheck(
  { values, faults }: ParsedEnvironment,
  environment: NodeJS.ProcessEnv,
  needsKey: boolean
): string[] {
  const show = (name: SettingName) => `${values[name]}${environment[name] ? '' : ' (the default)'}`
  const messages = CROSS_CHECKS.filter(({ settings }) => !settings.some(name => faults.has(name))).map(
    ({ check }) => check(values, show)
  )
  const { DATABASE_URL, JWT_SECRET, JWT_PRIVATE_KEY_FILE } = values
  const lacksKey = needsKey && isPostgres(DATABASE_URL) && !JWT_SECRET && !JWT_PRIVATE_KEY_FILE
  return [...messages, lacksKey && SECRET_REQUIRED].filter(message => message !== false)
}
