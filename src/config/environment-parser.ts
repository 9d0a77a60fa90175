import { isIP } from 'node:net'
import type { TSchema } from '@sinclair/typebox'
import { Ajv, type ErrorObject } from 'ajv'
import { isNetwork } from '../http/addresses.ts'
import { isOrigin } from '../http/origins.ts'
import { isDatabaseUrl } from './database-url.ts'
import { Environment, MIN_SECRET_BYTES, type SettingName } from './environment-schema.ts'
import { isLinkTemplate, isMailbox, isMailUrl, isPageUrl, isPublicUrl } from './mail-settings.ts'
import { isPasskeyOrigin, isRpId, isSecureOrigin } from './passkeys/origins.ts'

/** Private keys as PEM, as a JWK or as bare base64. No message may show one, even where a path is expected. */
const KEY_MATERIAL = /-----BEGIN|"d"|\bM[CI][\w+/-]{60}/

/** Splits a value with several parts, separated by commas. */
export const splitList = (value: string): string[] => value.split(',').map(part => part.trim())

const isHost = (value: string) => isIP(value) > 0 || /^[\w-]+(\.[\w-]+)*\.?$/.test(value)

const ajv = new Ajv({
  useDefaults: true,
  removeAdditional: 'all',
  verbose: true,
  allErrors: true,
  formats: {
    host: isHost,
    database: isDatabaseUrl,
    secrets: value => splitList(value).every(secret => Buffer.byteLength(secret) >= MIN_SECRET_BYTES),
    paths: value => !KEY_MATERIAL.test(value),
    mail: isMailUrl,
    mailbox: isMailbox,
    'public-url': isPublicUrl,
    'link-with-token': value => isLinkTemplate(value, 'token'),
    'link-with-challengeId': value => isLinkTemplate(value, 'challengeId'),
    'rp-id': isRpId,
    'passkey-origins': value => splitList(value).every(isPasskeyOrigin),
    'secure-origins': value => splitList(value).every(isSecureOrigin),
    'page-url': isPageUrl,
    origins: value => value === '*' || splitList(value).every(isOrigin),
    proxies: value => /^(true|false)$/.test(value) || splitList(value).every(isNetwork)
  }
})
const validate = ajv.compile({ ...Environment, additionalProperties: false })

const SETTING_SCHEMAS: Readonly<Record<string, TSchema>> = Environment.properties

/** What the parser makes of the environment. */
export interface ParsedEnvironment {
  /** Of the schema's types, with defaults; but a variable with a fault keeps its text. */
  readonly values: Environment
  /** A message for each variable with a wrong value, by its name. */
  readonly faults: ReadonlyMap<SettingName, string>
}

/**
 * Parses the environment variables by their schema. Variables that the schema does not name are left out.
 * @param environment the variables by name; an empty one counts as absent
 */
export function parseEnvironment(environment: NodeJS.ProcessEnv): ParsedEnvironment {
  const values = Object.fromEntries(
    Object.entries(environment)
      .filter(([, value]) => value !== '')
      .map(([name, value = '']) => [name, decodeValue(name, value)])
  )
  validate(values)
  const faults = new Map(
    (validate.errors ?? []).map(error => {
      const name = error.instancePath.slice(1) as SettingName
      return [name, describeFault(name, `${environment[name]}`, error)]
    })
  )
  return { values: values as Environment, faults }
}

/** Numbers are decimal digits. Other notations of JavaScript, such as `0x10`, stay texts, which the schema refuses. */
const decodeValue = (name: string, value: string) =>
  SETTING_SCHEMAS[name]?.type === 'integer' && /^\d+$/.test(value) ? Number(value) : value

function describeFault(name: SettingName, value: string, { parentSchema }: ErrorObject): string {
  const shown = parentSchema?.writeOnly
    ? `a value of ${Buffer.byteLength(value)} bytes`
    : JSON.stringify(name.endsWith('_URL') ? maskPassword(value) : value)
  return `${name}: ${shown} is not accepted. Give ${parentSchema?.description}.`
}

/** Masks what may be a password in a URL, however broken the URL is. */
const maskPassword = (value: string) =>
  value.replace(/(:\/*).*@/, '$1***@').replace(/\/\/[^@/]+:[^@]*$/, '//***')
