import { splitList } from '../environment-parser.ts'
import type { Environment } from '../environment-schema.ts'
import { isLoopbackHost } from '../mail-settings.ts'
import { belongsToRpId, isPasskeyOrigin, isRpId } from './origins.ts'

/** For whom passkeys are made, and from where they are used. */
export interface PasskeyConfig {
  /** The domain that passkeys belong to (WebAuthn Level 3, section 5.1.3). A passkey never works for another one. */
  readonly rpId: string
  /** The origins of the pages and apps that may use them, related ones included. */
  readonly origins: readonly string[]
  /** Whether any page of this machine may use them, for development. */
  readonly acceptsLocalhost: boolean
  /** The pages of the application where people make passkeys and look after them. */
  readonly pages: { readonly enroll?: string; readonly manage?: string }
}

type PasskeyEnvironment = Pick<
  Environment,
  | 'HOST'
  | 'PUBLIC_URL'
  | 'PASSKEY_RP_ID'
  | 'PASSKEY_ORIGINS'
  | 'PASSKEY_RELATED_ORIGINS'
  | 'PASSKEY_ENROLL_URL'
  | 'PASSKEY_MANAGE_URL'
>

/** The domain of passkeys; undefined where nothing says which that would be. */
export function findRpId(environment: PasskeyEnvironment): string | undefined {
  const { HOST, PUBLIC_URL, PASSKEY_RP_ID } = environment
  if (PASSKEY_RP_ID !== undefined) return PASSKEY_RP_ID
  const publicOrigin = findPublicOrigin(environment)
  if (publicOrigin !== undefined) return new URL(publicOrigin).hostname
  return PUBLIC_URL === undefined && isLoopbackHost(HOST) ? 'localhost' : undefined
}

/** The first of `PASSKEY_ORIGINS` whose pages no browser lets use the passkeys. */
export function findForeignOrigin(environment: PasskeyEnvironment): string | undefined {
  const rpId = findRpId(environment)
  if (rpId === undefined) return undefined
  return splitOptionalList(environment.PASSKEY_ORIGINS).find(origin => !belongsToRpId(origin, rpId))
}

/** @returns undefined where the service takes no passkeys */
export function toPasskeyConfig(environment: PasskeyEnvironment): PasskeyConfig | undefined {
  const rpId = findRpId(environment)
  if (rpId === undefined) return undefined
  const { PASSKEY_ORIGINS, PASSKEY_ENROLL_URL: enroll, PASSKEY_MANAGE_URL: manage } = environment
  const own =
    PASSKEY_ORIGINS === undefined ? getDefaultOrigins(environment, rpId) : splitList(PASSKEY_ORIGINS)
  return {
    rpId,
    origins: [...own, ...splitOptionalList(environment.PASSKEY_RELATED_ORIGINS)],
    acceptsLocalhost: own.length === 0,
    pages: { ...(enroll !== undefined && { enroll }), ...(manage !== undefined && { manage }) }
  }
}

/** None for this machine, where each page of a developer has a port of its own. */
function getDefaultOrigins(environment: PasskeyEnvironment, rpId: string): string[] {
  const publicOrigin = findPublicOrigin(environment)
  if (publicOrigin !== undefined && belongsToRpId(publicOrigin, rpId)) return [publicOrigin]
  return rpId === 'localhost' ? [] : [`https://${rpId}`]
}

/** The origin of `PUBLIC_URL`, if browsers offer passkeys there. */
function findPublicOrigin({ PUBLIC_URL }: PasskeyEnvironment): string | undefined {
  const url = PUBLIC_URL === undefined ? undefined : new URL(PUBLIC_URL)
  return url && isRpId(url.hostname) && isPasskeyOrigin(url.origin) ? url.origin : undefined
}

const splitOptionalList = (value: string | undefined) => (value === undefined ? [] : splitList(value))
