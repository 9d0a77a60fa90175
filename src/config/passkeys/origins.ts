import { isIP } from 'node:net'
import { isOrigin } from '../../http/origins.ts'

const DOMAIN = /^(?=.{1,253}$)[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?)*$/
/** An app for Android, by the hash of its signing certificate. */
const ANDROID_ORIGIN = /^android:apk-key-hash:[\w-]{43}$/
/** Browsers take this machine for secure, with or without TLS, and so offer passkeys there. */
const LOCALHOST_ORIGIN = /^http:\/\/(?:[a-z\d-]+\.)*localhost(?::\d{1,5})?$/

/** Whether a text is accepted as `PASSKEY_RP_ID`: a domain. Passkeys cannot belong to an IP address. */
export const isRpId = (value: string): boolean => DOMAIN.test(value) && isIP(value) === 0

/** Whether a text is the origin of a page of this machine. */
export const isLocalhostOrigin = (value: string): boolean => LOCALHOST_ORIGIN.test(value) && isOrigin(value)

/** Whether a text is the origin of pages over TLS. */
export const isSecureOrigin = (value: string): boolean =>
  value.startsWith('https://') && !value.includes('*') && isOrigin(value)

/** Whether a text is the origin of an app, or of pages on which browsers offer passkeys. */
export const isPasskeyOrigin = (value: string): boolean =>
  ANDROID_ORIGIN.test(value) || isLocalhostOrigin(value) || isSecureOrigin(value)

/** Whether browsers let the pages of an origin use the passkeys of a domain. Apps name their domain themselves. */
export function belongsToRpId(origin: string, rpId: string): boolean {
  if (ANDROID_ORIGIN.test(origin)) return true
  const { hostname } = new URL(origin)
  return hostname === rpId || hostname.endsWith(`.${rpId}`)
}
