import { and, eq, or } from 'drizzle-orm'
import type { Step } from '../db/engine.ts'
import type { UserRow } from '../db/schema.ts'
import { given, givenRow, statementsOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { type FieldError, invalid, Problem } from '../errors.ts'
import { asciiEmail, keyOf } from './emails.ts'
import { type Device, eventsOf } from './events.ts'
import { refuseGuessable } from './password-policy.ts'
import type { Passwords } from './passwords.ts'
import { temporaryPasswordsOf } from './temporary-passwords.ts'
import type { Throttle } from './throttle.ts'

/** What others may know of an account. */
export type User = Pick<UserRow, 'id' | 'username' | 'email'>

/** A user whose password has just been verified, as it was then. */
export interface VerifiedUser extends User {
  readonly passwordVersion: number
}

export interface Registration {
  readonly username: string
  readonly email: string
  readonly password: string
}

const statements = statementsOf('users', (db, { users }) => ({
  add: db.insert(users).values(givenRow(users)).onConflictDoNothing().returning({
    id: users.id,
    username: users.username,
    email: users.email,
    passwordVersion: users.passwordVersion
  }),
  holders: db
    .select({ id: users.id, usernameKey: users.usernameKey, emailKey: users.emailKey })
    .from(users)
    .where(
      or(
        eq(users.usernameKey, given(users.usernameKey, 'usernameKey')),
        eq(users.emailKey, given(users.emailKey, 'emailKey'))
      )
    ),
  byEmail: db
    .select()
    .from(users)
    .where(eq(users.emailKey, given(users.emailKey, 'emailKey'))),
  rehash: db
    .update(users)
    .set({ passwordHash: given(users.passwordHash, 'passwordHash') })
    .where(
      and(eq(users.id, given(users.id, 'id')), eq(users.passwordHash, given(users.passwordHash, 'outdated')))
    )
}))

export function usersOf(store: Store, passwords: Passwords, { attempt, writeNothing }: Throttle) {
  const { add, holders, byEmail, rehash } = statements(store)
  const events = eventsOf(store)
  const exchange = temporaryPasswordsOf(store, passwords)

  return {
    /**
     * @throws {Problem} `validation_failed` for a password that is easily guessed; `already_taken`, pointing at each
     *   field that another account holds; `overloaded`
     */
    async register({ username, password, ...given }: Registration): Promise<VerifiedUser> {
      const email = asciiEmail(given.email)
      refuseGuessable(password, { username, email }, '/password')
      const keys = { usernameKey: keyOf(username), emailKey: keyOf(email) }
      const passwordHash = await passwords.hash(password)
      const [user] = await add.execute({
        id: store.newId(),
        username,
        email,
        ...keys,
        passwordHash,
        passwordVersion: 0,
        passwordExpiresAt: null,
        disabledAt: null,
        createdAt: store.now()
      })
      if (!user) throw new Problem('already_taken', { errors: conflicts(keys, await holders.execute(keys)) })
      return user
    },

    /**
     * @param device where the attempt comes from
     * @param enter lets the user in, and writes with what it writes the step that forgets failures before
     * @param newPassword takes the place of a password that an operator has set, and is refused with any other
     * @returns what `enter` resolves to
     * @throws {Problem} `invalid_credentials` or `sign_in_throttled`, the same for a wrong password as for an unknown
     *   e-mail; for the right password only, `account_disabled`, `password_change_required`, `password_expired` or
     *   `validation_failed`; `overloaded`
     */
    async authenticate<Entry>(
      email: string,
      password: string,
      device: Device,
      enter: (user: VerifiedUser, forgiving: Step) => Promise<Entry>,
      newPassword?: string
    ): Promise<Entry> {
      const emailKey = keyOf(email)
      const entry = await attempt(emailKey, device.ip, async forgiving => {
        const user = await verified(emailKey, { password, newPassword }, device)
        if (!user) return undefined
        return enter(user, forgiving)
      })
      if (entry === undefined) throw new Problem('invalid_credentials')
      return entry
    }
  }

  /** A failure is told to the owner of the account; without one as much is written, for the time not to tell. */
  async function verified(
    emailKey: string,
    { password, newPassword }: Given,
    device: Device
  ): Promise<VerifiedUser | undefined> {
    const [user] = await byEmail.execute({ emailKey })
    const verdict = await passwords.verify(password, user?.passwordHash)
    if (!user || verdict === 'wrong') {
      await store.atomically(user ? events.step(user.id, 'sign_in_failed', device) : writeNothing(emailKey))
      return undefined
    }
    if (user.disabledAt) throw new Problem('account_disabled')
    if (user.passwordExpiresAt) return verifiedOf(await exchange(user, { password, newPassword }, device))
    if (newPassword !== undefined) throw invalid(notTemporary)
    if (verdict === 'outdated') await strengthen(user, password)
    return verifiedOf(user)
  }

  /** Loses to a change of the password meanwhile, and waits for a later sign-in when too much hashing is going on. */
  async function strengthen({ id, passwordHash: outdated }: UserRow, password: string) {
    const passwordHash = await passwords.hash(password).catch(undefinedIfOverloaded)
    if (passwordHash) await rehash.execute({ id, outdated, passwordHash })
  }
}

interface Given {
  readonly password: string
  readonly newPassword: string | undefined
}

const notTemporary: FieldError = {
  pointer: '/newPassword',
  detail:
    'is for passwords that an operator has set; leave it out, and change yours at PUT /api/auth/password'
}

function undefinedIfOverloaded(error: unknown): undefined {
  if (!(error instanceof Problem && error.code === 'overloaded')) throw error
}

const verifiedOf = ({ id, username, email, passwordVersion }: UserRow): VerifiedUser => ({
  id,
  username,
  email,
  passwordVersion
})

export type Users = ReturnType<typeof usersOf>

/** What is wrong with a user name that another account has. */
export const nameTaken: FieldError = { pointer: '/username', detail: 'belongs to another account' }

type Keys = Pick<UserRow, 'usernameKey' | 'emailKey'>

function conflicts(wanted: Keys, held: readonly Keys[]): FieldError[] {
  const errors: FieldError[] = []
  if (held.some(({ usernameKey }) => usernameKey === wanted.usernameKey)) errors.push(nameTaken)
  if (held.some(({ emailKey }) => emailKey === wanted.emailKey))
    errors.push({ pointer: '/email', detail: 'belongs to another account; sign in if it is yours' })
  return errors
}
