import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { Static, TObject } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { DerivedKeys } from '../../process/derived-keys.ts'

/** Makes and reads the secrets of links. */
export interface SignedLinks<Claims> {
  readonly issue: (claims: Claims) => string
  /** @returns undefined when the text differs in any bit from one that this service issued */
  readonly verify: (token: string) => Claims | undefined
}

/**
 * Secrets of links that need no storage: prefix + base64url(JSON) + `.` + base64url(MAC). The MAC is HMAC-SHA-256 (RFC 2104), so
 * a forged link is refused without a query, and neither the database nor the outbox holds one.
 * @param prefix lets people and secret scanners recognize the kind
 * @param schema of the claims; another purpose has other keys
 */
export function createSignedLinks<Schema extends TObject>(
  prefix: string,
  [currentKey, ...retiredKeys]: DerivedKeys,
  schema: Schema
): SignedLinks<Static<Schema>> {
  const sign = (key: KeyObject, payload: string) =>
    createHmac('sha256', key).update(payload).digest('base64url')

  return {
    issue(claims) {
      const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
      return `${prefix}${payload}.${sign(currentKey, payload)}`
    },
    verify(token) {
      const [payload = '', mac = '', ...rest] = token.slice(prefix.length).split('.')
      const isGenuine = [currentKey, ...retiredKeys].some(key =>
        equalsInConstantTime(mac, sign(key, payload))
      )
      if (!token.startsWith(prefix) || rest.length > 0 || !isGenuine) return undefined
      const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
      return Value.Check(schema, claims) ? claims : undefined
    }
  }
}

function equalsInConstantTime(text: string, expected: string): boolean {
  const [a, b] = [Buffer.from(text), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}
