import { and, eq, sql } from 'drizzle-orm'
import { required, StepMissed } from '../db/engine.ts'
import type { UserRow } from '../db/schema.ts'
import { given, statementsOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'
import { type Device, eventsOf } from './events.ts'
import { refuseGuessable, refusePresent } from './password-policy.ts'
import type { Passwords } from './passwords.ts'

/** Seconds for which a password that an operator has set can be exchanged for one of the user's own: 7 days. */
export const TEMPORARY_PASSWORD_TTL = 604_800

const statements = statementsOf('temporary_passwords', (db, { users }) => ({
  replace: db
    .update(users)
    .set({
      passwordHash: given(users.passwordHash, 'passwordHash'),
      passwordVersion: sql`${users.passwordVersion} + 1`,
      passwordExpiresAt: null
    })
    .where(
      and(
        eq(users.id, given(users.id, 'userId')),
        eq(users.passwordHash, given(users.passwordHash, 'present'))
      )
    )
    .returning({ passwordVersion: users.passwordVersion })
}))

/** The password that was verified, and the one that is to take its place, if it was given. */
interface Exchange {
  readonly password: string
  readonly newPassword: string | undefined
}

/** Passwords that an operator has set: each is good for one exchange (OWASP ASVS 6.4.1). */
export function temporaryPasswordsOf(store: Store, passwords: Passwords) {
  const { replace } = statements(store)
  const events = eventsOf(store)

  /**
   * Takes a user's own password for a temporary one that has been verified.
   * @returns the user as of then
   * @throws {Problem} `password_expired`; `password_change_required` when there is no new one; `validation_failed` for one
   *   that is easily guessed, or the same; `invalid_credentials` when somebody else was quicker; `overloaded`
   */
  return async function exchange(user: UserRow, { password, newPassword }: Exchange, device: Device) {
    if (user.passwordExpiresAt && user.passwordExpiresAt <= store.now()) throw new Problem('password_expired')
    if (newPassword === undefined) throw new Problem('password_change_required')
    refuseGuessable(newPassword, user, '/newPassword')
    refusePresent(newPassword, password)

    const passwordHash = await passwords.hash(newPassword)
    const values = { userId: user.id, present: user.passwordHash, passwordHash }
    const [[replaced]] = await store
      .atomically(required(replace.with(values)), events.step(user.id, 'password_changed', device))
      .catch(error => {
        throw error instanceof StepMissed ? new Problem('invalid_credentials') : error
      })
    return { ...user, passwordHash, ...replaced }
  }
}
