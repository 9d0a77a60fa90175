import { randomInt } from 'node:crypto'
import { asc, eq, gt, or, sql } from 'drizzle-orm'
import { mayUseReserve } from '../../db/engine.ts'
import { param, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'
import { TEMPORARY_PASSWORD_TTL } from '../passwords/temporary-passwords.ts'
import type { EndReason } from '../sessions/end-reasons.ts'
import { sessionStatements } from '../sessions/statements.ts'
import { authTables } from '../tables.ts'
import type { User, UserRow } from '../user.ts'
import { toLookupKey } from './emails.ts'

/** An account as its operator sees it. */
export type Account = Omit<
  UserRow,
  'usernameKey' | 'emailKey' | 'passwordHash' | 'passwordVersion' | 'passwordExpiresAt'
>

/** What an operator does comes from no device that its owner would know. */
const OPERATOR_SOURCE = { ip: null, userAgent: null }
/** Accounts that are read at a time. */
const PAGE_SIZE = 500
/** Characters that nobody takes for others, and their number in a group of a new password. */
const PASSWORD_ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'
const GROUP_LENGTH = 5
/** Groups of a new password: 148 bits, where OWASP ASVS 11.5.1 asks for 128. */
const MIN_GROUPS = 6

const statements = prepareStatements('administration', authTables, (db, { users }) => {
  const account = {
    id: users.id,
    username: users.username,
    email: users.email,
    createdAt: users.createdAt,
    disabledAt: users.disabledAt
  }
  return {
    listAfter: db
      .select(account)
      .from(users)
      .where(gt(users.id, param(users.id, 'after')))
      .orderBy(asc(users.id))
      .limit(PAGE_SIZE),
    findByKey: db
      .select(account)
      .from(users)
      .where(
        or(
          eq(users.id, param(users.id, 'key')),
          eq(users.emailKey, param(users.emailKey, 'key')),
          eq(users.usernameKey, param(users.usernameKey, 'key'))
        )
      ),
    setDisabledAt: db
      .update(users)
      .set({ disabledAt: param(users.disabledAt, 'disabledAt') })
      .where(eq(users.id, param(users.id, 'userId'))),
    setPasswordHash: db
      .update(users)
      .set({
        passwordHash: param(users.passwordHash, 'passwordHash'),
        passwordVersion: sql`${users.passwordVersion} + 1`,
        passwordExpiresAt: param(users.passwordExpiresAt, 'expiresAt')
      })
      .where(eq(users.id, param(users.id, 'userId')))
  }
})

/** What an operator does with other people's accounts. Their owners find it among their events. */
export function createAccountAdmin(store: Store) {
  const {
    listAfter: page,
    findByKey: find,
    setDisabledAt: setDisabled,
    setPasswordHash: setPassword
  } = statements(store)
  const { endAll } = sessionStatements(store)
  const auditLog = createAuditLog(store)

  const endSessions = ({ id }: User, reason: EndReason) =>
    mayUseReserve(endAll.bind({ userId: id, now: store.now(), reason }))

  async function recordEnds(
    { id }: User,
    ended: readonly { id: string }[],
    reason: EndReason
  ): Promise<number> {
    await auditLog.recordSessionEnds(ended, id, reason, OPERATOR_SOURCE)
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
      } while (accounts.length === PAGE_SIZE)
    },

    /** The account with this id, e-mail or user name; no two can have the same. */
    async find(identifier: string): Promise<Account | undefined> {
      const [account] = await find.execute({ key: toLookupKey(identifier) })
      return account
    },

    /**
     * Lets a user sign in no more, and ends all sessions. Nothing of the account is lost.
     * @returns how many sessions have ended
     */
    async disable(user: User): Promise<number> {
      const [, ended] = await store.atomically(
        setDisabled.bind({ userId: user.id, disabledAt: store.now() }),
        endSessions(user, 'account_disabled'),
        auditLog.step(user.id, 'account_disabled', OPERATOR_SOURCE)
      )
      return recordEnds(user, ended, 'account_disabled')
    },

    /** Lets a user sign in again. */
    async enable(user: User): Promise<void> {
      await store.atomically(
        setDisabled.bind({ userId: user.id, disabledAt: null }),
        auditLog.step(user.id, 'account_enabled', OPERATOR_SOURCE)
      )
    },

    /** @returns how many sessions have ended */
    async signOut(user: User): Promise<number> {
      const [ended] = await store.atomically(endSessions(user, 'signed_out_by_operator'))
      return recordEnds(user, ended, 'signed_out_by_operator')
    },

    /**
     * Sets a password that is made for it, good for one sign-in that sets another, and ends all sessions.
     * @param minLength the fewest characters that it may have
     * @returns the password, which is nowhere kept, until when it is good, and how many sessions have ended
     */
    async resetPassword(user: User, passwordHasher: PasswordHasher, minLength: number) {
      const password = generatePassword(minLength)
      const passwordHash = await passwordHasher.hash(password)
      const expiresAt = new Date(store.now().getTime() + TEMPORARY_PASSWORD_TTL * 1000)
      const [, ended] = await store.atomically(
        setPassword.bind({ userId: user.id, passwordHash, expiresAt }),
        endSessions(user, 'password_reset'),
        auditLog.step(user.id, 'password_reset', OPERATOR_SOURCE)
      )
      return { password, expiresAt, ended: await recordEnds(user, ended, 'password_reset') }
    }
  }
}

export type AccountAdmin = ReturnType<typeof createAccountAdmin>

function generatePassword(minLength: number): string {
  const groups = Math.max(MIN_GROUPS, Math.ceil((minLength + 1) / (GROUP_LENGTH + 1)))
  const randomLetter = () => PASSWORD_ALPHABET.charAt(randomInt(PASSWORD_ALPHABET.length))
  return Array.from({ length: groups }, () =>
    Array.from({ length: GROUP_LENGTH }, randomLetter).join('')
  ).join('-')
}
