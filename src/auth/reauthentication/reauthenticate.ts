import { isUndoneBy } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import type { AuthenticationProof } from '../accounts/schemas.ts'
import type { AccountServices } from '../accounts/services.ts'
import { createFactorProof } from '../factors/verification/factor-proofs.ts'
import { type Acr, type AuthenticationMethod, toAcr } from '../sessions/authentication.ts'
import type { Identity } from '../user.ts'
import { createPasskeyProof } from './passkey-proof.ts'
import { createPasswordProof } from './password-proof.ts'
import { findProof } from './proofs.ts'
import { createRenewal } from './renewal.ts'

/** How a session is authenticated from now on. */
export interface Reauthentication {
  readonly authenticatedAt: Date
  readonly methods: AuthenticationMethod[]
  /** As the claim `acr` says it. */
  readonly level: Acr
  readonly freshUntil: Date
  /** The recovery code that takes the place of the one that was used. */
  readonly recoveryCode?: string
}

const NOT_ENOUGH =
  'This alone is not enough: the account has a second factor. Send a code, a recovery code or a passkey to POST ' +
  '/api/auth/reauthenticate, then repeat the request with the same access token.'

export function createReauthenticate(
  services: Pick<
    AccountServices,
    'store' | 'passwordHasher' | 'throttle' | 'freshness' | 'verifiers' | 'verifyPasskey'
  >
) {
  const { store, freshness } = services
  const prepareRenewal = createRenewal(store)
  const kinds = [
    createPasswordProof(services),
    createFactorProof(services, 'code'),
    createFactorProof(services, 'recoveryCode'),
    createPasskeyProof(services.verifyPasskey)
  ]

  /**
   * Lets a signed-in user show again who he is. The session is fresh from then on, and its access token goes on.
   * @throws {Problem} `validation_failed` for a body without a proof or with several; `reauthentication_required` when the
   *   session's methods would not be enough for the account; `password_wrong`, `second_factor_wrong`, `sign_in_throttled` or
   *   `overloaded`; those of a passkey that is not good; `access_token_revoked` when the session has ended meanwhile
   */
  return async function reauthenticate(
    caller: Identity,
    body: AuthenticationProof,
    client: ClientInfo
  ): Promise<Reauthentication> {
    const { method, verify, refusal } = findProof(body, kinds)
    const { methods, level, bind: bindRenewal } = await prepareRenewal(caller, method)
    if (level < caller.requiredLevel) throw freshness.createProblem(caller, NOT_ENOUGH)

    const { statements, recoveryCode } = await verify(caller, client)
    const sessionLock = freshness.bindLevelLock(caller, level)
    const authenticatedAt = store.now()
    await store.atomically(...statements, sessionLock, bindRenewal(authenticatedAt)).catch(error => {
      if (isUndoneBy(error, ...statements)) throw new Problem(refusal)
      return freshness.refuseUnlessFresh(caller, sessionLock)(error)
    })
    const freshUntil = freshness.getEnd(authenticatedAt)
    return {
      authenticatedAt,
      methods,
      level: toAcr(level),
      freshUntil,
      ...(recoveryCode !== undefined && { recoveryCode })
    }
  }
}
