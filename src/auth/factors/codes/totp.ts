import { createHmac, randomBytes } from 'node:crypto'
import { toOneTimeCode } from '../../one-time-codes.ts'
import { RFC_4648, toBase32 } from './base32.ts'

/** Seconds of a time step (RFC 6238, section 4.1). */
const STEP_SECONDS = 30
/** Bytes of a new seed: as many as the hash has (RFC 4226, section 4). */
const SEED_BYTES = 20
/** Steps from the present one whose codes are taken, the latest first: clocks differ, and people take their time. */
const OFFSETS = [1, 0, -1]

export const createSeed = (): Buffer => randomBytes(SEED_BYTES)

const toStep = (time: Date) => Math.floor(time.getTime() / 1000 / STEP_SECONDS)

/** When a step began. */
export const toStepTime = (step: number): Date => new Date(step * STEP_SECONDS * 1000)

/** The code of a time step, by HMAC-SHA-1 (RFC 6238): the one variant that all authenticator apps know. */
export function toTotpCode(seed: Buffer, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  return toOneTimeCode(createHmac('sha1', seed).update(counter).digest())
}

/** @returns the step whose code was given: the present one, or one next to it; undefined when it is none of them */
export function findStep(seed: Buffer, code: string, now: Date): number | undefined {
  const present = toStep(now)
  return OFFSETS.map(offset => present + offset).find(step => toTotpCode(seed, step) === code)
}

/** A seed as people type it into an authenticator app. */
export const toSecret = (seed: Buffer): string => toBase32(seed, RFC_4648)

/** The address that authenticator apps read from a QR code (https://github.com/google/google-authenticator/wiki/Key-Uri-Format). */
export function toOtpauthUri(seed: Buffer, appName: string, account: string): string {
  const [issuer, label] = [appName, account].map(encodeURIComponent)
  return `otpauth://totp/${issuer}:${label}?secret=${toSecret(seed)}&issuer=${issuer}`
}
