import { type BoundStatement, mustAffectRow } from '../../../db/bound-statement.ts'
import type { Store } from '../../../db/store.ts'
import type { ClientInfo } from '../../../http/client-info.ts'
import { needsExactlyOne } from '../../../problems/needs-exactly-one.ts'
import type { ProblemCode } from '../../../problems/problem.ts'
import { createAuditLog } from '../../audit/audit-log.ts'
import type { AuthMails } from '../../mails/mails.ts'
import type { AuthenticationResponse } from '../../passkeys/ceremonies/responses.ts'
import type { VerifyPasskey } from '../../passkeys/verify-passkey.ts'
import type { Sealing } from '../../sealing/sealing.ts'
import type { AuthenticationMethod } from '../../sessions/authentication.ts'
import type { User } from '../../user.ts'
import { createRecoveryCode, hashRecoveryCode } from '../codes/recovery-codes.ts'
import { findStep } from '../codes/totp.ts'
import { sealSeed, toSealedFor } from '../seeds.ts'
import { factorStatements } from '../statements.ts'
import type { TotpFactorRow } from '../tables.ts'

/** What somebody could guess: how often that is tried is bounded. */
export interface GuessableAnswers {
  readonly code: string
  readonly recoveryCode: string
}

/** What shows a second factor, by its name in a request. */
export interface FactorAnswers extends GuessableAnswers {
  readonly passkey: AuthenticationResponse
}

/** A right answer that has yet to be used up. The transaction that does so makes it count. */
export interface FactorUse {
  readonly method: AuthenticationMethod
  /** Must affect a row: of several uses of one thing, one does. */
  readonly useUp: BoundStatement<readonly unknown[]>
  /** The problem of one that was used up before, where it is not simply a wrong answer. */
  readonly refusal?: ProblemCode
  /** Come after that in the same transaction. */
  readonly statements: readonly BoundStatement[]
  /** The recovery code that takes the place of one that was used. */
  readonly recoveryCode?: string
}

/** @returns undefined for a wrong answer */
type Verifier<Answer> = (user: User, answer: Answer, client: ClientInfo) => Promise<FactorUse | undefined>

export type FactorVerifiers = {
  readonly [Name in keyof FactorAnswers]: Verifier<FactorAnswers[Name]>
}

/** Verifies second factors. */
export function createFactorVerifiers(
  store: Store,
  sealing: Sealing,
  mails: AuthMails,
  verifyPasskey: VerifyPasskey
): FactorVerifiers {
  const { listConfirmed, useStep, reseal, findRecoveryCode, useRecoveryCode, insertRecoveryCode } =
    factorStatements(store)
  const auditLog = createAuditLog(store)

  /** @returns undefined when the code is not one of the factor, it or a later one was used, or no key opens the seed */
  function verifyTotp(factor: TotpFactorRow, code: string): FactorUse | undefined {
    const opened = sealing.open(factor.sealedSeed, toSealedFor(factor))
    const step = opened && findStep(opened.value, code, store.now())
    // Of several requests with one code, the statement that uses the step up decides.
    if (!opened || step === undefined || step <= factor.lastStep) return undefined
    const { id, userId } = factor
    const statements = opened.isCurrent
      ? []
      : [reseal.bind({ id, userId, sealedSeed: sealSeed(sealing, opened.value, factor) })]
    return { method: 'totp', useUp: mustAffectRow(useStep.bind({ id, userId, step })), statements }
  }

  return {
    async code({ id: userId }, code) {
      const factors = await listConfirmed.execute({ userId })
      return factors.map(factor => verifyTotp(factor, code)).find(use => use !== undefined)
    },

    async recoveryCode(user, given, client) {
      const { id: userId } = user
      const id = hashRecoveryCode(userId, given)
      const [found] = await findRecoveryCode.execute({ id, userId })
      if (!found) return undefined
      const recoveryCode = createRecoveryCode()
      const replacement = { id: hashRecoveryCode(userId, recoveryCode), userId, createdAt: store.now() }
      return {
        method: 'recovery_code',
        useUp: mustAffectRow(useRecoveryCode.bind({ id, userId })),
        statements: [
          insertRecoveryCode.bind(replacement),
          auditLog.bindEvent(userId, 'recovery_code_used', client),
          mails.bindNotice('recovery_code_used', user, client)
        ],
        recoveryCode
      }
    },

    async passkey({ id: userId }, response, client) {
      const { useUp, statements } = await verifyPasskey(response, client, userId)
      return { method: 'passkey', useUp, refusal: 'passkey_challenge_expired', statements }
    }
  }
}

const answerNames = ['code', 'recoveryCode', 'passkey'] as const satisfies readonly (keyof FactorAnswers)[]

/**
 * Verifies the one answer that was given.
 * @throws {Problem} `validation_failed` when there is none, or more than one
 */
export async function verifyAnswer(
  verifiers: FactorVerifiers,
  answers: Partial<FactorAnswers>,
  user: User,
  client: ClientInfo
): Promise<FactorUse | undefined> {
  function toVerification<Name extends keyof FactorAnswers>(name: Name) {
    const answer: FactorAnswers[Name] | undefined = answers[name]
    return answer === undefined ? [] : [() => verifiers[name](user, answer, client)]
  }

  const [verify, ...others] = answerNames.flatMap(name => toVerification(name))
  if (!verify || others.length > 0) throw needsExactlyOne(answerNames)
  return verify()
}
