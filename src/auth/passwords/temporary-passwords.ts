import { and, eq, sql } from 'drizzle-orm'
import { mustAffectRow, NoRowAffected } from '../../db/engine.ts'
import { param, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import { type ClientInfo, createAuditLog } from '../audit/audit-log.ts'
import { authTables } from '../tables.ts'
import type { UserRow } from '../user.ts'
import type { PasswordHasher } from './password-hasher.ts'
import { assertNotGuessable, assertPasswordChanges } from './policy.ts'

/** Seconds for which a password that an operator has set can be exchanged for one of the user's own: 7 days. */
export const TEMPORARY_PASSWORD_TTL = 604_800

const statements = prepareStatements('temporary_passwords', authTables, (db, { users }) => ({
  replacePasswordHash: db
    .update(users)
    .set({
      passwordHash: param(users.passwordHash, 'passwordHash'),
      passwordVersion: sql`${users.passwordVersion} + 1`,
      passwordExpiresAt: null
    })
    .where(
      and(
        eq(users.id, param(users.id, 'userId')),
        eq(users.passwordHash, param(users.passwordHash, 'present'))
      )
    )
    .returning({ passwordVersion: users.passwordVersion })
}))

/** The password that was verified, and the one that is to take its place, if it was given. */
interface PasswordExchange {
  readonly password: string
  readonly newPassword: string | undefined
}

/** Passwords that an operator has set: each is good for one exchange (OWASP ASVS 6.4.1). */
export function createTemporaryPasswordExchange(store: Store, passwordHasher: PasswordHasher) {
  const { replacePasswordHash: replace } = statements(store)
  const auditLog = createAuditLog(store)

  /**
   * Takes a user's own password for a temporary one that has been verified.
   * @returns the user as of then
   * @throws {Problem} `password_expired`; `password_change_required` when there is no new one; `validation_failed` for one
   *   that is easily guessed, or the same; `invalid_credentials` when somebody else was quicker; `overloaded`
   */
  return async function exchangeTemporaryPassword(
    user: UserRow,
    { password, newPassword }: PasswordExchange,
    client: ClientInfo
  ) {
    if (user.passwordExpiresAt && user.passwordExpiresAt <= store.now()) throw new Problem('password_expired')
    if (newPassword === undefined) throw new Problem('password_change_required')
    assertNotGuessable(newPassword, user, '/newPassword')
    assertPasswordChanges(newPassword, password)

    const passwordHash = await passwordHasher.hash(newPassword)
    const params = { userId: user.id, present: user.passwordHash, passwordHash }
    const [[replaced]] = await store
      .atomically(mustAffectRow(replace.bind(params)), auditLog.step(user.id, 'password_changed', client))
      .catch(error => {
        throw error instanceof NoRowAffected ? new Problem('invalid_credentials') : error
      })
    return { ...user, passwordHash, ...replaced }
  }
}
