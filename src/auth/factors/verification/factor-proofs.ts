import { Problem } from '../../../problems/problem.ts'
import { createAuditLog } from '../../audit/audit-log.ts'
import type { TakeProof } from '../../reauthentication/proofs.ts'
import type { AuthenticationMethod } from '../../sessions/authentication.ts'
import type { FactorServices } from '../services.ts'
import { createFactorAttempts } from './attempts.ts'
import type { GuessableAnswers } from './verifiers.ts'

const methods: Readonly<Record<keyof GuessableAnswers, AuthenticationMethod>> = {
  code: 'totp',
  recoveryCode: 'recovery_code'
}

/** Creates the proof of a signed-in user by a second factor. A code that was used before counts as wrong. */
export function createFactorProof<Name extends keyof GuessableAnswers>(
  { store, throttle, verifiers }: Pick<FactorServices, 'store' | 'throttle' | 'verifiers'>,
  name: Name
): TakeProof {
  const auditLog = createAuditLog(store)
  const attempt = createFactorAttempts(throttle)

  return function takeFactor(body) {
    const answer: GuessableAnswers[Name] | undefined = body[name]
    if (answer === undefined) return undefined
    return {
      method: methods[name],
      async verify(caller, client) {
        const { id: userId, sessionId } = caller
        const verified = await attempt(caller, client, async clearFailures => {
          const use = await verifiers[name](caller, answer, client)
          if (use) return { ...use, statements: [use.useUp, ...use.statements, clearFailures] }
          await store.atomically(auditLog.bindEvent(userId, 'second_factor_failed', client, { sessionId }))
          return undefined
        })
        if (!verified) throw new Problem('second_factor_wrong')
        return verified
      },
      refusal: 'second_factor_wrong'
    }
  }
}
