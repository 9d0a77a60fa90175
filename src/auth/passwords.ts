import { availableParallelism } from 'node:os'
import { argon2id, hash, needsRehash, verify } from 'argon2'
import type { Config } from '../config.ts'
import { hashingGateOf } from './hashing-gate.ts'

export interface Passwords {
  /** @returns a PHC string: argon2id with the current parameters and a salt of its own */
  readonly hash: (password: string) => Promise<string>
  /** Whether the password is the hashed one. Without a hash it is not, at the same cost (OWASP ASVS 6.3.8). */
  readonly matches: (password: string, hashed: string | undefined) => Promise<boolean>
  /** Whether the hash was made with weaker parameters than the current ones. */
  readonly isOutdated: (hashed: string) => boolean
}

/**
 * Password hashing by argon2id (RFC 9106), off the event loop, as much at once as the cores can do.
 * @throws {Problem} `overloaded`, from `hash` and `matches`, when too much is waiting
 */
export function passwordsOf(config: Config, cores = availableParallelism()): Passwords {
  const parameters = {
    type: argon2id as 2,
    memoryCost: config.PASSWORD_HASH_MEMORY,
    timeCost: config.PASSWORD_HASH_TIME,
    parallelism: 1
  }
  const inTurn = hashingGateOf(config, cores)
  // Made while the service starts; whoever is first to need it waits for no more than its rest.
  const nobodys = hash('', parameters)
  return {
    hash: password => inTurn(() => hash(password, parameters)),
    async matches(password, hashed) {
      const isTheOne = await inTurn(async () => verify(hashed ?? (await nobodys), password))
      return isTheOne && hashed !== undefined
    },
    isOutdated: hashed => needsRehash(hashed, parameters)
  }
}
