import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import * as argon2 from 'argon2'
import type { Config } from '../../config/config.ts'
import { createHashQueue, type HashingLoad } from './hash-queue.ts'
import { normalizePassword, toAcceptedForms } from './normalization.ts'

/** What a password is to a hash; `outdated` is right, but is to be hashed anew: as its one form, by the current parameters. */
export type VerificationResult = 'right' | 'outdated' | 'wrong'

export interface PasswordHasher {
  /** @returns a PHC string: argon2id with the current parameters and a salt of its own */
  readonly hash: (password: string) => Promise<string>
  /** Whether the password is the hashed one. Without a hash it is not, at the same cost (OWASP ASVS 6.3.8). */
  readonly verify: (password: string, storedHash: string | undefined) => Promise<VerificationResult>
  readonly load: () => HashingLoad
}

/** Uses the processor's vector instructions, which halves the time of a hash; has no binary for some platforms. */
const loadNodeRsArgon2 = () => import('@node-rs/argon2')

/**
 * Password hashing by argon2id (RFC 9106), off the event loop, as much at once as the cores can do.
 * @param loadArgon2 gives the faster library; where it fails, `argon2` is used: either verifies what the other has made
 * @throws {Problem} `overloaded`, from `hash` and `verify`, when too much is waiting
 */
export async function createPasswordHasher(
  config: Config,
  cores = availableParallelism(),
  loadArgon2: typeof loadNodeRsArgon2 = loadNodeRsArgon2
): Promise<PasswordHasher> {
  const { hash, verify } = await loadArgon2().catch(() => argon2)
  // Argon2id is what both take by default.
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
        if (!(await matches(form, storedHash ?? dummyHash)) || storedHash === undefined) continue
        return form === normalizePassword(password) && !argon2.needsRehash(storedHash, parameters)
          ? 'right'
          : 'outdated'
      }
      return 'wrong'
    },
    load: enqueue.load
  }
}

/** A PHC string that takes as long to verify as any other of these parameters; which password it is of nobody knows. */
const createDummyHash = ({ memoryCost, timeCost, parallelism }: Record<string, number>) =>
  `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${toPhcBase64(randomBytes(16))}$${toPhcBase64(randomBytes(32))}`

/** As PHC strings have it: without padding. */
const toPhcBase64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
