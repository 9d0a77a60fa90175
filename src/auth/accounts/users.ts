import { and, eq, or } from 'drizzle-orm'
import type { BoundStatement } from '../../db/engine.ts'
import { param, paramRow, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { type FieldError, Problem, validationFailed } from '../../problems/problem.ts'
import { type ClientInfo, createAuditLog } from '../audit/audit-log.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'
import { assertNotGuessable } from '../passwords/policy.ts'
import { createTemporaryPasswordExchange } from '../passwords/temporary-passwords.ts'
import { authTables } from '../tables.ts'
import type { Throttle } from '../throttling/throttle.ts'
import type { User, UserRow } from '../user.ts'
import { toAsciiEmail, toLookupKey } from './emails.ts'

/** A user whose password has just been verified, as it was then. */
export interface VerifiedUser extends User {
  readonly passwordVersion: number
}

export interface Registration {
  readonly username: string
  readonly email: string
  readonly password: string
}

const statements = prepareStatements('users', authTables, (db, { users }) => ({
  insert: db.insert(users).values(paramRow(users)).onConflictDoNothing().returning({
    id: users.id,
    username: users.username,
    email: users.email,
    passwordVersion: users.passwordVersion
  }),
  findHolders: db
    .select({ id: users.id, usernameKey: users.usernameKey, emailKey: users.emailKey })
    .from(users)
    .where(
      or(
        eq(users.usernameKey, param(users.usernameKey, 'usernameKey')),
        eq(users.emailKey, param(users.emailKey, 'emailKey'))
      )
    ),
  findByEmail: db
    .select()
    .from(users)
    .where(eq(users.emailKey, param(users.emailKey, 'emailKey'))),
  rehash: db
    .update(users)
    .set({ passwordHash: param(users.passwordHash, 'passwordHash') })
    .where(
      and(eq(users.id, param(users.id, 'id')), eq(users.passwordHash, param(users.passwordHash, 'outdated')))
    )
}))

export function createUsers(
  store: Store,
  passwordHasher: PasswordHasher,
  { attempt, writeNothing }: Throttle
) {
  const { insert: add, findHolders: holders, findByEmail: byEmail, rehash } = statements(store)
  const auditLog = createAuditLog(store)
  const exchangeTemporaryPassword = createTemporaryPasswordExchange(store, passwordHasher)

  return {
    /**
     * @throws {Problem} `validation_failed` for a password that is easily guessed; `already_taken`, pointing at each
     *   field that another account holds; `overloaded`
     */
    async register({ username, password, ...rest }: Registration): Promise<VerifiedUser> {
      const email = toAsciiEmail(rest.email)
      assertNotGuessable(password, { username, email }, '/password')
      const keys = { usernameKey: toLookupKey(username), emailKey: toLookupKey(email) }
      const passwordHash = await passwordHasher.hash(password)
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
      if (!user)
        throw new Problem('already_taken', { errors: findConflicts(keys, await holders.execute(keys)) })
      return user
    },

    /**
     * @param client where the attempt comes from
     * @param onVerified lets the user in, and writes with what it writes the step that forgets failures before
     * @param newPassword takes the place of a password that an operator has set, and is refused with any other
     * @returns what `enter` resolves to
     * @throws {Problem} `invalid_credentials` or `sign_in_throttled`, the same for a wrong password as for an unknown
     *   e-mail; for the right password only, `account_disabled`, `password_change_required`, `password_expired` or
     *   `validation_failed`; `overloaded`
     */
    async login<Result>(
      email: string,
      password: string,
      client: ClientInfo,
      onVerified: (user: VerifiedUser, clearFailures: BoundStatement) => Promise<Result>,
      newPassword?: string
    ): Promise<Result> {
      const emailKey = toLookupKey(email)
      const result = await attempt(emailKey, client.ip, async clearFailures => {
        const user = await verifyCredentials(emailKey, { password, newPassword }, client)
        if (!user) return undefined
        return onVerified(user, clearFailures)
      })
      if (result === undefined) throw new Problem('invalid_credentials')
      return result
    }
  }

  /** A failure is told to the owner of the account; without one as much is written, for the time not to tell. */
  async function verifyCredentials(
    emailKey: string,
    { password, newPassword }: Credentials,
    client: ClientInfo
  ): Promise<VerifiedUser | undefined> {
    const [user] = await byEmail.execute({ emailKey })
    const verdict = await passwordHasher.verify(password, user?.passwordHash)
    if (!user || verdict === 'wrong') {
      await store.atomically(user ? auditLog.step(user.id, 'sign_in_failed', client) : writeNothing(emailKey))
      return undefined
    }
    if (user.disabledAt) throw new Problem('account_disabled')
    if (user.passwordExpiresAt)
      return toVerifiedUser(await exchangeTemporaryPassword(user, { password, newPassword }, client))
    if (newPassword !== undefined) throw validationFailed(newPasswordNotExpected)
    if (verdict === 'outdated') await rehashPassword(user, password)
    return toVerifiedUser(user)
  }

  /** Loses to a change of the password meanwhile, and waits for a later sign-in when too much hashing is going on. */
  async function rehashPassword({ id, passwordHash: outdated }: UserRow, password: string) {
    const passwordHash = await passwordHasher.hash(password).catch(undefinedIfOverloaded)
    if (passwordHash) await rehash.execute({ id, outdated, passwordHash })
  }
}

interface Credentials {
  readonly password: string
  readonly newPassword: string | undefined
}

const newPasswordNotExpected: FieldError = {
  pointer: '/newPassword',
  detail:
    'is for passwords that an operator has set; leave it out, and change yours at PUT /api/auth/password'
}

function undefinedIfOverloaded(error: unknown): undefined {
  if (!(error instanceof Problem && error.code === 'overloaded')) throw error
}

const toVerifiedUser = ({ id, username, email, passwordVersion }: UserRow): VerifiedUser => ({
  id,
  username,
  email,
  passwordVersion
})

export type Users = ReturnType<typeof createUsers>

/** What is wrong with a user name that another account has. */
export const usernameTaken: FieldError = { pointer: '/username', detail: 'belongs to another account' }

type UniqueKeys = Pick<UserRow, 'usernameKey' | 'emailKey'>

function findConflicts(requested: UniqueKeys, existing: readonly UniqueKeys[]): FieldError[] {
  const errors: FieldError[] = []
  if (existing.some(({ usernameKey }) => usernameKey === requested.usernameKey)) errors.push(usernameTaken)
  if (existing.some(({ emailKey }) => emailKey === requested.emailKey))
    errors.push({ pointer: '/email', detail: 'belongs to another account; sign in if it is yours' })
  return errors
}
