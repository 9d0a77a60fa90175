import { createPlatform, type Platform } from '../platform.ts'

/** What a replica needs beside what the client needs. */
export interface ReplicaPlatform extends Platform {
  /** The wall clock, for times that people see. */
  date(): Date
  /** Creates the id of a todo: a UUIDv7 (RFC 9562, section 5.7). */
  newId(): string
}

/**
 * Creates the platform from the globals.
 * @param overrides replaces parts of it
 */
export function createReplicaPlatform(overrides: Partial<ReplicaPlatform>): ReplicaPlatform {
  const platform: ReplicaPlatform = {
    ...createPlatform(overrides),
    date: () => new Date(),
    newId: () => createUuid(platform.date().getTime(), crypto.getRandomValues(new Uint8Array(16))),
    ...overrides
  }
  return platform
}

/** The UUIDv7 of a time in milliseconds and random bytes. */
function createUuid(time: number, bytes: Uint8Array): string {
  bytes[6] = 0x70 | (Number(bytes[6]) & 0x0f)
  bytes[8] = 0x80 | (Number(bytes[8]) & 0x3f)
  const random = Array.from(bytes.subarray(6), byte => byte.toString(16).padStart(2, '0')).join('')
  const digits = time.toString(16).padStart(12, '0') + random
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
