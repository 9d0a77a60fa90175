import { mustAffectRow } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { refuseIfNoRow } from '../refuse-if-no-row.ts'
import type { Identity } from '../user.ts'
import { createAddTotp } from './add-totp.ts'
import { createSecondFactorLogin } from './login/second-factor-login.ts'
import { createFactorServices, type FactorDependencies } from './services.ts'
import { factorStatements } from './statements.ts'
import type { TotpFactorRow } from './tables.ts'

/** The second factors of an account, but for passkeys. */
export interface FactorList {
  readonly items: readonly TotpFactorRow[]
  readonly recoveryCodesLeft: number
}

/** What people do with their second factors. */
export function createFactors(dependencies: FactorDependencies) {
  const services = createFactorServices(dependencies)
  const { store, freshness, secondFactors, mails } = services
  const {
    list: listFactors,
    find,
    remove,
    countRecoveryCodes,
    removeRecoveryCodes,
    assertSecondFactor
  } = factorStatements(store)
  const auditLog = createAuditLog(store)

  return {
    ...createAddTotp(services),
    loginWithSecondFactor: createSecondFactorLogin(services),

    async list(userId: string): Promise<FactorList> {
      const [items, [codes]] = await Promise.all([
        listFactors.execute({ userId }),
        countRecoveryCodes.execute({ userId })
      ])
      return { items, recoveryCodesLeft: Number(codes?.count) }
    },

    /**
     * Removes an authenticator app; with the last second factor the recovery codes go, too. Nobody is told of one that was never
     * confirmed.
     * @throws {Problem} `factor_not_found` or `reauthentication_required`
     */
    async remove(caller: Identity, id: string, client: ClientInfo): Promise<void> {
      freshness.assertFresh(caller)
      const userId = caller.id
      const [factor] = await find.execute({ id, userId })
      if (!factor) throw new Problem('factor_not_found')
      const report = [
        auditLog.bindEvent(userId, 'factor_removed', client, { sessionId: caller.sessionId }),
        mails.bindNotice('factor_removed', caller, client, { factor: 'totp' })
      ]
      const lock = freshness.bindLock(caller)
      await store
        .atomically(
          lock,
          mustAffectRow(remove.bind({ id, userId })),
          ...secondFactors.bindRemoved(userId),
          ...(factor.confirmedAt ? report : [])
        )
        .catch(freshness.refuseUnlessFresh(caller, lock))
        .catch(refuseIfNoRow('factor_not_found'))
    },

    /**
     * Makes ten new recovery codes, and voids the old ones.
     * @returns the codes, which are shown here and never again
     * @throws {Problem} `no_second_factor` or `reauthentication_required`
     */
    async replaceRecoveryCodes(caller: Identity, client: ClientInfo): Promise<readonly string[]> {
      freshness.assertFresh(caller)
      const userId = caller.id
      const lock = freshness.bindLock(caller)
      const { codes, statement: insertCodes } = secondFactors.prepareRecoveryCodes(userId)
      await store
        .atomically(
          lock,
          mustAffectRow(assertSecondFactor.bind({ userId })),
          removeRecoveryCodes.bind({ userId }),
          insertCodes,
          auditLog.bindEvent(userId, 'recovery_codes_replaced', client, { sessionId: caller.sessionId }),
          mails.bindNotice('recovery_codes_replaced', caller, client)
        )
        .catch(freshness.refuseUnlessFresh(caller, lock))
        .catch(refuseIfNoRow('no_second_factor'))
      return codes
    }
  }
}

export type Factors = ReturnType<typeof createFactors>
