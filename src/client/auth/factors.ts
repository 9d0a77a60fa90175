import type { Call } from '../http/calls.ts'
import type { Send } from '../http/requests.ts'
import {
  readConfirmedFactor,
  readEmpty,
  readFactors,
  readNewTotpFactor,
  readRecoveryCodes,
  readSecondFactorPair
} from '../http/responses.ts'
import type { TokenManager } from '../tokens/token-manager.ts'
import type { ConfirmedFactor, FactorList, LoginWithSecondFactorBody, NewTotpFactor, User } from '../types.ts'

/** A user who has signed in by a second factor. `recoveryCode` takes the place of one that was used: show it. */
export type SecondFactorUser = User & { recoveryCode?: string }

/** Creates the methods on second factors, but for passkeys. All but `factors` and the sign-in take a fresh session. */
export function createFactors(send: Send, tokens: TokenManager, call: Call) {
  return {
    /**
     * Ends a sign-in that was refused with `second_factor_required`. The `challenge` is in the `document` of the error, and so
     * are the `methods`.
     */
    async loginWithSecondFactor(body: LoginWithSecondFactorBody): Promise<SecondFactorUser> {
      const path = '/api/auth/login/second-factor'
      const { recoveryCode, ...pair } = await send({ method: 'POST', path, body, read: readSecondFactorPair })
      await tokens.save(pair)
      return recoveryCode === undefined ? pair.user : { ...pair.user, recoveryCode }
    },

    /** Lists the authenticator apps, and says how many recovery codes are left. */
    factors: (): Promise<FactorList> => call({ method: 'GET', path: '/api/auth/factors', read: readFactors }),

    /** Begins to set up an authenticator app: show `uri` as a QR code. */
    beginTotp: (): Promise<NewTotpFactor> =>
      call({ method: 'POST', path: '/api/auth/factors/totp', read: readNewTotpFactor }),

    /** Confirms an authenticator app by its first code. Show the `recoveryCodes`, if there are any. */
    confirmTotp: (id: string, code: string): Promise<ConfirmedFactor> =>
      call({
        method: 'POST',
        path: `/api/auth/factors/totp/${id}/confirm`,
        body: { code },
        read: readConfirmedFactor
      }),

    /** Removes an authenticator app. */
    removeFactor: (id: string): Promise<void> =>
      call({ method: 'DELETE', path: `/api/auth/factors/${id}`, read: readEmpty }),

    /** Makes ten new recovery codes. The old ones work no more. */
    async replaceRecoveryCodes(): Promise<string[]> {
      const answer = await call({ method: 'POST', path: '/api/auth/recovery-codes', read: readRecoveryCodes })
      return answer.recoveryCodes
    }
  }
}
