import type { Store } from '../../db/store.ts'
import { type Challenges, createChallenges } from '../challenges/challenges.ts'
import { createCodes } from '../challenges/codes.ts'
import { createFactorServices, type FactorDependencies, type FactorServices } from '../factors/services.ts'
import { createLinks, type Links } from '../links/links.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'

/** Removes the rows of a user that other features have. */
export type RemoveUserRows = (store: Store, userId: string) => Promise<void>

/** What the use cases of accounts are given. */
export interface AccountDependencies extends FactorDependencies {
  readonly passwordHasher: PasswordHasher
  readonly removeUserRows: RemoveUserRows
}

/** What the use cases of accounts need. */
export interface AccountServices extends AccountDependencies, FactorServices {
  readonly challenges: Challenges
  readonly links: Links
}

export function createAccountServices(dependencies: AccountDependencies): AccountServices {
  const { store, tokens } = dependencies
  return {
    ...dependencies,
    ...createFactorServices(dependencies),
    challenges: createChallenges(store, createCodes(tokens.deriveKeys)),
    links: createLinks(tokens.deriveKeys)
  }
}
