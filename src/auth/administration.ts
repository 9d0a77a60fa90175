import { randomInt } from 'node:crypto'
import { asc, eq, gt, or, sql } from 'drizzle-orm'
import { urgent } from '../db/engine.ts'
import type { EndReason, UserRow } from '../db/schema.ts'
import { given, statementsOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { keyOf } from './emails.ts'
import { eventsOf } from './events.ts'
import type { Passwords } from './passwords.ts'
import { sessionStatements } from './session-statements.ts'
import { TEMPORARY_PASSWORD_TTL } from './temporary-passwords.ts'
import type { User } from './users.ts'

/** An account as its operator sees it. */
export type Account = Omit<
  UserRow,
  'usernameKey' | 'emailKey' | 'passwordHash' | 'passwordVersion' | 'passwordExpiresAt'
>

/** What an operator does comes from no device that its owner would know. */
const OPERATOR = { ip: null, userAgent: null }
/** Accounts that are read at a time. */
const BATCH = 500
/** Characters that nobody takes for others, and their number in a group of a new password. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'
const GROUP = 5
/** Groups of a new password: 148 bits, where OWASP ASVS 11.5.1 asks for 128. */
const GROUPS = 6

const statements = statementsOf('administration', (db, { users }) => {
  const account = {
    id: users.id,
    username: users.username,
    email: users.email,
    createdAt: users.createdAt,
    disabledAt: users.disabledAt
  }
  return {
    page: db
      .select(account)
      .from(users)
      .where(gt(users.id, given(users.id, 'after')))
      .orderBy(asc(users.id))
      .limit(BATCH),
    find: db
      .select(account)
      .from(users)
      .where(
        or(
          eq(users.id, given(users.id, 'key')),
          eq(users.emailKey, given(users.emailKey, 'key')),
          eq(users.usernameKey, given(users.usernameKey, 'key'))
        )
      ),
    setDisabled: db
      .update(users)
      .set({ disabledAt: given(users.disabledAt, 'disabledAt') })
      .where(eq(users.id, given(users.id, 'userId'))),
    setPassword: db
      .update(users)
      .set({
        passwordHash: given(users.passwordHash, 'passwordHash'),
        passwordVersion: sql`${users.passwordVersion} + 1`,
        passwordExpiresAt: given(users.passwordExpiresAt, 'expiresAt')
      })
      .where(eq(users.id, given(users.id, 'userId')))
  }
})

/** What an operator does with other people's accounts. Their owners find it among their events. */
export function administrationOf(store: Store) {
  const { page, find, setDisabled, setPassword } = statements(store)
  const { endAll } = sessionStatements(store)
  const events = eventsOf(store)

  const ending = ({ id }: User, reason: EndReason) =>
    urgent(endAll.with({ userId: id, now: store.now(), reason }))

  async function tell({ id }: User, ended: readonly { id: string }[], reason: EndReason): Promise<number> {
    await events.tellEndings(ended, id, reason, OPERATOR)
    return ended.length
  }

  return {
    /** All accounts, the oldest first. */
    async *list(): AsyncGenerator<Account> {
      let after = ''
      let accounts: Account[]
      do {
        accounts = await page.execute({ after })
        for (const account of accounts) {
          after = account.id
          yield account
        }
      } while (accounts.length === BATCH)
    },

    /** The account with this id, e-mail or user name; no two can have the same. */
    async find(name: string): Promise<Account | undefined> {
      const [account] = await find.execute({ key: keyOf(name) })
      return account
    },

    /**
     * Lets a user sign in no more, and ends all sessions. Nothing of the account is lost.
     * @returns how many sessions have ended
     */
    async disable(user: User): Promise<number> {
      const [, ended] = await store.atomically(
        setDisabled.with({ userId: user.id, disabledAt: store.now() }),
        ending(user, 'account_disabled'),
        events.step(user.id, 'account_disabled', OPERATOR)
      )
      return tell(user, ended, 'account_disabled')
    },

    /** Lets a user sign in again. */
    async enable(user: User): Promise<void> {
      await store.atomically(
        setDisabled.with({ userId: user.id, disabledAt: null }),
        events.step(user.id, 'account_enabled', OPERATOR)
      )
    },

    /** @returns how many sessions have ended */
    async signOut(user: User): Promise<number> {
      const [ended] = await store.atomically(ending(user, 'signed_out_by_operator'))
      return tell(user, ended, 'signed_out_by_operator')
    },

    /**
     * Sets a password that is made for it, good for one sign-in that sets another, and ends all sessions.
     * @param minLength the fewest characters that it may have
     * @returns the password, which is nowhere kept, until when it is good, and how many sessions have ended
     */
    async resetPassword(user: User, passwords: Passwords, minLength: number) {
      const password = newPassword(minLength)
      const passwordHash = await passwords.hash(password)
      const expiresAt = new Date(store.now().getTime() + TEMPORARY_PASSWORD_TTL * 1000)
      const [, ended] = await store.atomically(
        setPassword.with({ userId: user.id, passwordHash, expiresAt }),
        ending(user, 'password_reset'),
        events.step(user.id, 'password_reset', OPERATOR)
      )
      return { password, expiresAt, ended: await tell(user, ended, 'password_reset') }
    }
  }
}

export type Administration = ReturnType<typeof administrationOf>

function newPassword(minLength: number): string {
  const groups = Math.max(GROUPS, Math.ceil((minLength + 1) / (GROUP + 1)))
  const letter = () => LETTERS.charAt(randomInt(LETTERS.length))
  return Array.from({ length: groups }, () => Array.from({ length: GROUP }, letter).join('')).join('-')
}
