import type { BoundStatement } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import {
  type AssuranceLevel,
  type AuthenticationMethod,
  addMethod,
  toAssuranceLevel
} from '../sessions/authentication.ts'
import { sessionStatements } from '../sessions/statements.ts'
import type { Identity } from '../user.ts'

/** What a session becomes when its user shows again who he is. */
export interface Renewal {
  readonly methods: AuthenticationMethod[]
  readonly level: AssuranceLevel
  /** The statement that writes it down. */
  readonly bind: (authenticatedAt: Date) => BoundStatement
}

/** Prepares what a session becomes by one more method. */
export function createRenewal(store: Store) {
  const { findWithUser, renewAuthentication } = sessionStatements(store)

  return async function prepareRenewal(caller: Identity, method: AuthenticationMethod): Promise<Renewal> {
    const { sessionId: id, id: userId } = caller
    const [row] = await findWithUser.execute({ id })
    // A session that is older than that column began with the password.
    const methods = addMethod(row?.session.authenticationMethods ?? ['password'], method)
    const level = toAssuranceLevel(methods)
    return { methods, level, bind: now => renewAuthentication.bind({ id, userId, now, methods, level }) }
  }
}
