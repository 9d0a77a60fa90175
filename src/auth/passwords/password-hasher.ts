import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import * as argon2 from 'argon2'
import type { Config } from '../../config/config.ts'
import { createHashQueue, type HashingLoad } from './hash-queue.ts'
import { normalizePassword, toAcceptedForms } from './normalization.ts'

/** Whether a password matches a hash. `outdated` matches, but by old parameters or in an old form: hash the password anew. */
export type VerificationResult = 'right' | 'outdated' | 'wrong'

export interface PasswordHasher {
  /** @returns a PHC string: argon2id with the current parameters and a random salt */
  readonly hash: (password: string) => Promise<string>
  /** Compares a password with a hash. Without a hash, or with an empty one, the result is `wrong`, at the same cost (OWASP ASVS 6.3.8). */
  readonly verify: (password: string, storedHash: string | null | undefined) => Promise<VerificationResult>
  readonly load: () => HashingLoad
}

/** This library uses vector instructions, which halves the time of a hash. It has no binary for some platforms. */
const loadNodeRsArgon2 = () => import('@node-rs/argon2')

/**
 * Hashes passwords by argon2id (RFC 9106), off the event loop. `hash` and `verify` throw the problem `overloaded` when too many
 * hashes wait.
 * @param cores hashes that are computed at the same time
 * @param loadArgon2 loads the faster library. When that fails, `argon2` is used. Each verifies the hashes of the other.
 */
export async function createPasswordHasher(
  config: Config,
  cores = availableParallelism(),
  loadArgon2: typeof loadNodeRsArgon2 = loadNodeRsArgon2
): Promise<PasswordHasher> {
  const { hash, verify } = await loadArgon2().catch(() => argon2)
  // Argon2id is the default of both libraries.
  const parameters = {
    memoryCost: config.password.hash.memoryKiB,
    timeCost: config.password.hash.passes,
    parallelism: 1
  }
  const enqueue = createHashQueue(config.password.hash, cores)
  const dummyHash = createDummyHash(parameters)
  const matches = (text: string, storedHash: string) => enqueue(() => verify(storedHash, text))
  return {
    hash: password => enqueue(() => hash(normalizePassword(password), parameters)),
    async verify(password, storedHash) {
      for (const form of toAcceptedForms(password)) {
        if (!(await matches(form, storedHash || dummyHash)) || !storedHash) continue
        return form === normalizePassword(password) && !argon2.needsRehash(storedHash, parameters)
          ? 'right'
          : 'outdated'
      }
      return 'wrong'
    },
    load: enqueue.load
  }
}

/** A random PHC string, which takes as long to verify as a real hash with these parameters. No password matches it. */
const createDummyHash = ({ memoryCost, timeCost, parallelism }: Record<string, number>) =>
  `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${toPhcBase64(randomBytes(16))}$${toPhcBase64(randomBytes(32))}`

/** The base64 of PHC strings, which has no padding. */
const toPhcBase64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
