import type { Config } from '../../config/config.ts'
import type { Store } from '../../db/store.ts'
import { type AuthMails, createAuthMails } from '../mails/mails.ts'
import { createCeremonies } from '../passkeys/ceremonies/ceremonies.ts'
import { createVerifyPasskey } from '../passkeys/verify-passkey.ts'
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
  readonly secondFactors: SecondFactors
  readonly verifiers: FactorVerifiers
  readonly challenges: SecondFactorChallenges
}

export function createFactorServices(dependencies: FactorDependencies): FactorServices {
  const { store, sealing, tokens, config } = dependencies
  const mails = createAuthMails(store, config.mail !== undefined)
  return {
    ...dependencies,
    mails,
    freshness: createFreshness(store, config),
    mailLimits: createMailLimits(store),
    secondFactors: createSecondFactors(store),
    verifiers: createFactorVerifiers(
      store,
      sealing,
      mails,
      createVerifyPasskey(store, createCeremonies({ store, tokens, config }), mails)
    ),
    challenges: createSecondFactorChallenges(store, tokens.deriveKeys)
  }
}
