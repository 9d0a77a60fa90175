import { mustAffectRow, NoRowAffected } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { createRenewal } from '../reauthentication/renewal.ts'
import { refuseIfNoRow } from '../refuse-if-no-row.ts'
import type { Identity } from '../user.ts'
import { createSeed, findStep, toOtpauthUri, toSecret } from './codes/totp.ts'
import { sealSeed, toSealedFor } from './seeds.ts'
import type { FactorServices } from './services.ts'
import { factorStatements } from './statements.ts'
import type { TotpFactorRow } from './tables.ts'

/** A factor that is not confirmed yet. Its secret is shown here and never again. */
export interface NewTotpFactor {
  readonly id: string
  readonly secret: string
  readonly uri: string
}

export function createAddTotp({
  store,
  sealing,
  config,
  freshness,
  secondFactors,
  mails
}: Pick<FactorServices, 'store' | 'sealing' | 'config' | 'freshness' | 'secondFactors' | 'mails'>) {
  const { find, insert, removeUnconfirmed, confirm } = factorStatements(store)
  const prepareRenewal = createRenewal(store)
  const auditLog = createAuditLog(store)

  /**
   * Begins to set up an authenticator app. It counts once it is confirmed; until then another beginning takes its place.
   * @throws {Problem} `sealing_not_configured`, `reauthentication_required` or `too_many_factors`
   */
  async function beginTotp(caller: Identity): Promise<NewTotpFactor> {
    sealing.assertConfigured()
    freshness.assertFresh(caller)
    const [id, seed] = [store.newId(), createSeed()]
    const factor: TotpFactorRow = {
      id,
      userId: caller.id,
      sealedSeed: sealSeed(sealing, seed, { id, userId: caller.id }),
      lastStep: 0,
      createdAt: store.now(),
      confirmedAt: null
    }
    const lock = freshness.bindLock(caller)
    await store
      .atomically(lock, removeUnconfirmed.bind({ userId: caller.id }), mustAffectRow(insert.bind(factor)))
      .catch(freshness.refuseUnlessFresh(caller, lock))
      .catch(refuseIfNoRow('too_many_factors'))
    return { id, secret: toSecret(seed), uri: toOtpauthUri(seed, config.appName, caller.email) }
  }

  /**
   * Confirms an authenticator app by its first code. From then on a password alone signs nobody in. The session has shown the
   * factor, and goes on at its level.
   * @returns the recovery codes of an account that had none; they are shown here and never again
   * @throws {Problem} `factor_not_found`, `factor_confirmed`, `second_factor_wrong` or `reauthentication_required`
   */
  async function confirmTotp(
    caller: Identity,
    id: string,
    code: string,
    client: ClientInfo
  ): Promise<{ readonly factor: TotpFactorRow; readonly recoveryCodes?: readonly string[] }> {
    freshness.assertFresh(caller)
    const factor = await findUnconfirmed(caller, id)
    const opened = sealing.open(factor.sealedSeed, toSealedFor(factor))
    const step = opened && findStep(opened.value, code, store.now())
    if (step === undefined)
      throw new Problem('second_factor_wrong', {
        detail:
          'Wait for the next code of the authenticator app, and give that. Check the clock of the device.'
      })

    const userId = caller.id
    const confirmedAt = store.now()
    const lock = freshness.bindLock(caller)
    const confirmation = mustAffectRow(confirm.bind({ id, userId, step, confirmedAt }))
    const { codes, statement: insertCodes } = secondFactors.prepareRecoveryCodes(userId)
    const renewal = await prepareRenewal(caller, 'totp')
    const [, , , inserted] = await store
      .atomically(
        lock,
        confirmation,
        secondFactors.bindAdded(userId),
        insertCodes,
        renewal.bind(confirmedAt),
        auditLog.bindEvent(userId, 'factor_added', client, { sessionId: caller.sessionId }),
        mails.bindNotice('factor_added', caller, client, { factor: 'totp' })
      )
      .catch(freshness.refuseUnlessFresh(caller, lock))
      .catch(async error => {
        // Another request has confirmed, removed or replaced it meanwhile.
        if (error instanceof NoRowAffected) await findUnconfirmed(caller, id)
        throw error
      })
    const confirmed = { ...factor, confirmedAt, lastStep: step }
    return { factor: confirmed, ...(inserted.length > 0 && { recoveryCodes: codes }) }
  }

  async function findUnconfirmed({ id: userId }: Identity, id: string): Promise<TotpFactorRow> {
    const [factor] = await find.execute({ id, userId })
    if (!factor) throw new Problem('factor_not_found')
    if (factor.confirmedAt) throw new Problem('factor_confirmed')
    return factor
  }

  return { beginTotp, confirmTotp }
}
