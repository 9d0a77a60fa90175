import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import * as argon2 from 'argon2'
import type { Config } from '../config.ts'
import { type HashingLoad, hashingGateOf } from './hashing-gate.ts'

export interface Passwords {
  /** @returns a PHC string: argon2id with the current parameters and a salt of its own */
  readonly hash: (password: string) => Promise<string>
  /** Whether the password is the hashed one. Without a hash it is not, at the same cost (OWASP ASVS 6.3.8). */
  readonly matches: (password: string, hashed: string | undefined) => Promise<boolean>
  /** Whether the hash was made with weaker parameters than the current ones. */
  readonly isOutdated: (hashed: string) => boolean
  readonly load: () => HashingLoad
}

/** Uses the processor's vector instructions, which halves the time of a hash; has no binary for some platforms. */
const loadFaster = () => import('@node-rs/argon2')

/**
 * Password hashing by argon2id (RFC 9106), off the event loop, as much at once as the cores can do.
 * @param load gives the faster library; where it fails, `argon2` is used: either verifies what the other has made
 * @throws {Problem} `overloaded`, from `hash` and `matches`, when too much is waiting
 */
export async function passwordsOf(
  config: Config,
  cores = availableParallelism(),
  load: typeof loadFaster = loadFaster
): Promise<Passwords> {
  const { hash, verify } = await load().catch(() => argon2)
  // Argon2id is what both take by default.
  const parameters = {
    memoryCost: config.PASSWORD_HASH_MEMORY,
    timeCost: config.PASSWORD_HASH_TIME,
    parallelism: 1
  }
  const inTurn = hashingGateOf(config, cores)
  const nobodys = hashOfNobody(parameters)
  return {
    hash: password => inTurn(() => hash(password, parameters)),
    async matches(password, hashed) {
      const isTheOne = await inTurn(() => verify(hashed ?? nobodys, password))
      return isTheOne && hashed !== undefined
    },
    isOutdated: hashed => argon2.needsRehash(hashed, parameters),
    load: inTurn.load
  }
}

/** A PHC string that takes as long to verify as any other of these parameters; which password it is of nobody knows. */
const hashOfNobody = ({ memoryCost, timeCost, parallelism }: Record<string, number>) =>
  `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${base64(randomBytes(16))}$${base64(randomBytes(32))}`

/** As PHC strings have it: without padding. */
const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
