import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { Problem } from '../../../problems/problem.ts'
import type { DerivedKeys } from '../../../process/derived-keys.ts'
import { hashSubject } from '../../hash-subject.ts'
import { fromIdBytes, ID_BYTES, toIdBytes } from './binary.ts'

/** Milliseconds for which a challenge is good. */
export const CHALLENGE_TTL_MS = 300_000

/** What a passkey is asked for: to be added to an account, to begin one, or to show who its user is. */
export type Ceremony = 'registration' | 'sign_up' | 'sign_in'

/** A challenge that was signed, and is genuine. */
export interface SignedChallenge {
  /** Of the challenge. With a new account, the account gets it. */
  readonly id: string
  readonly expiresAt: Date
  /** Names the challenge among those that were used. */
  readonly hash: string
}

/** The bytes of the time of expiry, and of the id with it. */
const TIME_BYTES = 6
const PAYLOAD_BYTES = ID_BYTES + TIME_BYTES
const MAC_BYTES = 32

/**
 * Challenges that need no storage: id ‖ expiry ‖ MAC (HMAC-SHA-256), so that asking for one writes nothing. They are the bytes
 * that the authenticator signs. Nobody can foretell one without the key (WebAuthn Level 3, section 13.4.3).
 */
export function createPasskeyChallenges([currentKey, ...retiredKeys]: DerivedKeys) {
  const sign = (key: KeyObject, ceremony: Ceremony, userId: string, payload: Uint8Array) =>
    createHmac('sha256', key)
      .update(JSON.stringify([ceremony, userId]))
      .update(payload)
      .digest()

  return {
    /** @param userId the account that the ceremony is for; empty for one that only its answer tells */
    issue(ceremony: Ceremony, userId: string, id: string, expiresAt: Date): Uint8Array<ArrayBuffer> {
      const payload = Buffer.alloc(PAYLOAD_BYTES)
      payload.set(toIdBytes(id))
      payload.writeUIntBE(expiresAt.getTime(), ID_BYTES, TIME_BYTES)
      return Uint8Array.from([...payload, ...sign(currentKey, ceremony, userId, payload)])
    },

    /**
     * @param challenge in base64url
     * @throws {Problem} `passkey_challenge_invalid` or `passkey_challenge_expired`
     */
    verify(challenge: string, ceremony: Ceremony, userId: string, now: Date): SignedChallenge {
      const bytes = Buffer.from(challenge, 'base64url')
      const payload = bytes.subarray(0, PAYLOAD_BYTES)
      const mac = bytes.subarray(PAYLOAD_BYTES)
      const isGenuine =
        mac.length === MAC_BYTES &&
        [currentKey, ...retiredKeys].some(key => timingSafeEqual(mac, sign(key, ceremony, userId, payload)))
      if (!isGenuine) throw new Problem('passkey_challenge_invalid')
      const expiresAt = new Date(payload.readUIntBE(ID_BYTES, TIME_BYTES))
      if (expiresAt <= now) throw new Problem('passkey_challenge_expired')
      return {
        id: fromIdBytes(payload.subarray(0, ID_BYTES)),
        expiresAt,
        // Of the bytes: base64url can write the same ones in several ways.
        hash: hashSubject('passkey challenge', bytes.toString('base64url'))
      }
    }
  }
}

export type PasskeyChallenges = ReturnType<typeof createPasskeyChallenges>
