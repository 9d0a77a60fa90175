import type { Config } from '../../config/config.ts'
import type { Store } from '../../db/store.ts'
import { type AuthMails, createAuthMails } from '../mails/mails.ts'
import { type Ceremonies, createCeremonies } from '../passkeys/ceremonies/ceremonies.ts'
import { createVerifyPasskey, type VerifyPasskey } from '../passkeys/verify-passkey.ts'
import type { Sealing } from '../sealing/sealing.ts'
import { createFreshness, type Freshness } from '../sessions/freshness.ts'
import type { Sessions } from '../sessions/sessions.ts'
import { createMailLimits, type MailLimits } from '../throttling/mail-limits.ts'
import type { Throttle } from '../throttling/throttle.ts'
import type { Tokens } from '../tokens/token-pairs.ts'
import { createSecondFactorChallenges, type SecondFactorChallenges } from './login/challenges.ts'
import { createSecondFactors, type SecondFactors } from './second-factors.ts'
import { createFactorVerifiers, type FactorVerifiers } from './verification/verifiers.ts'

/** What the use cases of second factors are given. */
export interface FactorDependencies {
  readonly store: Store
  readonly sealing: Sealing
  readonly throttle: Throttle
  readonly sessions: Pick<Sessions, 'start'>
  readonly tokens: Tokens
  readonly config: Config
}

/** What the use cases of second factors need. */
export interface FactorServices extends FactorDependencies {
  readonly freshness: Freshness
  readonly mails: AuthMails
  readonly mailLimits: MailLimits
  readonly ceremonies: Ceremonies
  readonly verifyPasskey: VerifyPasskey
  readonly secondFactors: SecondFactors
  readonly verifiers: FactorVerifiers
  readonly secondFactorChallenges: SecondFactorChallenges
}

export function createFactorServices(dependencies: FactorDependencies): FactorServices {
  const { store, sealing, tokens, config } = dependencies
  const mails = createAuthMails(store, config.mail !== undefined)
  const ceremonies = createCeremonies({ store, tokens, config })
  const verifyPasskey = createVerifyPasskey(store, ceremonies, mails)
  return {
    ...dependencies,
    freshness: createFreshness(store, config),
    mails,
    mailLimits: createMailLimits(store),
    ceremonies,
    verifyPasskey,
    secondFactors: createSecondFactors(store),
    verifiers: createFactorVerifiers(store, sealing, mails, verifyPasskey),
    secondFactorChallenges: createSecondFactorChallenges(store, tokens.deriveKeys)
  }
}
