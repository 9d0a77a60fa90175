import type { Config } from '../../config/config.ts'
import type { Store } from '../../db/store.ts'
import { type Challenges, createChallenges } from '../challenges/challenges.ts'
import { createCodes } from '../challenges/codes.ts'
import { createSecondFactorChallenges, type SecondFactorChallenges } from '../factors/login/challenges.ts'
import { createFactorVerifiers, type FactorVerifiers } from '../factors/verification/verifiers.ts'
import { createLinks, type Links } from '../links/links.ts'
import { type AuthMails, createAuthMails } from '../mails/mails.ts'
import { type Ceremonies, createCeremonies } from '../passkeys/ceremonies/ceremonies.ts'
import { createVerifyPasskey, type VerifyPasskey } from '../passkeys/verify-passkey.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'
import type { Sealing } from '../sealing/sealing.ts'
import { createFreshness, type Freshness } from '../sessions/freshness.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { createMailLimits, type MailLimits } from '../throttling/mail-limits.ts'
import type { Throttle } from '../throttling/throttle.ts'
import type { Tokens } from '../tokens/token-pairs.ts'

/** Removes the rows of a user that other features have. */
export type RemoveUserRows = (store: Store, userId: string) => Promise<void>

/** What the use cases of accounts are given. */
export interface AccountDependencies {
  readonly store: Store
  readonly passwordHasher: PasswordHasher
  readonly throttle: Throttle
  readonly sessions: Pick<Sessions, 'start'>
  readonly tokens: Tokens
  readonly config: Config
  readonly sealing: Sealing
  readonly removeUserRows: RemoveUserRows
}

/** What the use cases of accounts need. */
export interface AccountServices extends AccountDependencies {
  readonly freshness: Freshness
  readonly mails: AuthMails
  readonly mailLimits: MailLimits
  readonly challenges: Challenges
  readonly links: Links
  readonly ceremonies: Ceremonies
  readonly verifyPasskey: VerifyPasskey
  readonly secondFactorChallenges: SecondFactorChallenges
  readonly verifiers: FactorVerifiers
}

export const createAccountServices = (dependencies: AccountDependencies): AccountServices => {
  const { store, tokens, config, sealing } = dependencies
  const mails = createAuthMails(store, config.mail !== undefined)
  const ceremonies = createCeremonies({ store, tokens, config })
  const verifyPasskey = createVerifyPasskey(store, ceremonies, mails)
  return {
    ...dependencies,
    freshness: createFreshness(store, config),
    mails,
    mailLimits: createMailLimits(store),
    challenges: createChallenges(store, createCodes(tokens.deriveKeys)),
    links: createLinks(tokens.deriveKeys),
    ceremonies,
    verifyPasskey,
    secondFactorChallenges: createSecondFactorChallenges(store, tokens.deriveKeys),
    verifiers: createFactorVerifiers(store, sealing, mails, verifyPasskey)
  }
}
