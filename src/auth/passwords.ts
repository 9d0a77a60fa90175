import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import * as argon2 from 'argon2'
import type { Config } from '../config.ts'
import { type HashingLoad, hashingGateOf } from './hashing-gate.ts'
import { formsOf, opaque } from './password-text.ts'

/** What a password is to a hash; `outdated` is right, but is to be hashed anew: as its one form, by the current parameters. */
export type Verdict = 'right' | 'outdated' | 'wrong'

export interface Passwords {
  /** @returns a PHC string: argon2id with the current parameters and a salt of its own */
  readonly hash: (password: string) => Promise<string>
  /** Whether the password is the hashed one. Without a hash it is not, at the same cost (OWASP ASVS 6.3.8). */
  readonly verify: (password: string, hashed: string | undefined) => Promise<Verdict>
  readonly load: () => HashingLoad
}

/** Uses the processor's vector instructions, which halves the time of a hash; has no binary for some platforms. */
const loadFaster = () => import('@node-rs/argon2')

/**
 * Password hashing by argon2id (RFC 9106), off the event loop, as much at once as the cores can do.
 * @param load gives the faster library; where it fails, `argon2` is used: either verifies what the other has made
 * @throws {Problem} `overloaded`, from `hash` and `verify`, when too much is waiting
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
  const matches = (text: string, hashed: string) => inTurn(() => verify(hashed, text))
  return {
    hash: password => inTurn(() => hash(opaque(password), parameters)),
    async verify(password, hashed) {
      for (const form of formsOf(password)) {
        if (!(await matches(form, hashed ?? nobodys)) || hashed === undefined) continue
        return form === opaque(password) && !argon2.needsRehash(hashed, parameters) ? 'right' : 'outdated'
      }
      return 'wrong'
    },
    load: inTurn.load
  }
}

/** A PHC string that takes as long to verify as any other of these parameters; which password it is of nobody knows. */
const hashOfNobody = ({ memoryCost, timeCost, parallelism }: Record<string, number>) =>
  `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${base64(randomBytes(16))}$${base64(randomBytes(32))}`

/** As PHC strings have it: without padding. */
const base64 = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
