import { asc, eq, gt, or } from 'drizzle-orm'
import { mayUseReserve } from '../../db/bound-statement.ts'
import { param, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { createAuditLog, NO_CLIENT } from '../audit/audit-log.ts'
import { createFactorAdmin } from '../factors/admin.ts'
import { createAuthMails } from '../mails/mails.ts'
import { createTokenEnds } from '../personal-access-tokens/end.ts'
import type { EndReason } from '../sessions/end-reasons.ts'
import { sessionStatements } from '../sessions/statements.ts'
import { authTables } from '../tables.ts'
import { toUserColumns, type UserRow } from '../user.ts'
import { toLookupKey } from './email-addresses.ts'

/** An account as its operator sees it. */
export type Account = Omit<
  UserRow,
  'usernameKey' | 'emailKey' | 'emailVersion' | 'passwordHash' | 'passwordVersion' | 'hasSecondFactor'
>

/** What the removal of the second factors of an account has done. */
export interface FactorsRemoved {
  /** How many factors counted. */
  readonly removed: number
  /** How many sessions have ended. */
  readonly ended: number
  /** Without a password there is no way in any more. */
  readonly hasPassword: boolean
}

/** Accounts that one query reads. */
const PAGE_SIZE = 500

const statements = prepareStatements('administration', authTables, (db, { users }) => {
  const account = {
    ...toUserColumns(users),
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
      .where(eq(users.id, param(users.id, 'userId')))
  }
})

/** What an operator does with other people's accounts. The owners see it in their audit log. */
export function createAccountAdmin(store: Store, isMailEnabled: boolean) {
  const { listAfter, findByKey, setDisabledAt } = statements(store)
  const { endAll } = sessionStatements(store)
  const { bindEndAll, bindEndEvents } = createTokenEnds(store)
  const auditLog = createAuditLog(store)
  const mails = createAuthMails(store, isMailEnabled)
  const { describeAccess, prepareRemoval } = createFactorAdmin(store, mails)

  const endSessions = ({ id }: Account, reason: EndReason) =>
    mayUseReserve(endAll.bind({ userId: id, now: store.now(), reason }))

  /** The statements that tell the owner, in the audit log and by mail. */
  const bindReport = (user: Account, type: 'account_disabled' | 'account_enabled') => [
    auditLog.bindEvent(user.id, type, NO_CLIENT),
    mails.bindNotice(type, user, NO_CLIENT)
  ]

  async function recordEnds(
    { id: userId }: Account,
    ended: readonly { id: string }[],
    endedTokens: readonly { id: string }[],
    reason: EndReason
  ): Promise<number> {
    const end = { userId, reason, source: NO_CLIENT }
    await auditLog.recordSessionEnds(ended, end, ...bindEndEvents(endedTokens, end))
    return ended.length
  }

  return {
    describeAccess,

    /** All accounts, the oldest first. */
    async *list(): AsyncGenerator<Account> {
      let after = ''
      let accounts: Account[]
      do {
        accounts = await listAfter.execute({ after })
        for (const account of accounts) {
          after = account.id
          yield account
        }
      } while (accounts.length === PAGE_SIZE)
    },

    /** The account with this id, e-mail or user name. At most one account matches. */
    async find(identifier: string): Promise<Account | undefined> {
      const [account] = await findByKey.execute({ key: toLookupKey(identifier) })
      return account
    },

    /**
     * Prevents a user from signing in, and ends all sessions and personal access tokens. The account keeps its data. The owner is told once.
     * @returns how many sessions have ended
     */
    async disable(user: Account): Promise<number> {
      const [, ended, endedTokens] = await store.atomically(
        setDisabledAt.bind({ userId: user.id, disabledAt: user.disabledAt ?? store.now() }),
        endSessions(user, 'account_disabled'),
        bindEndAll(user.id),
        ...(user.disabledAt ? [] : bindReport(user, 'account_disabled'))
      )
      return recordEnds(user, ended, endedTokens, 'account_disabled')
    },

    /** Allows a disabled user to sign in again. Nothing is done, or told, for an account that is not disabled. */
    async enable(user: Account): Promise<void> {
      if (!user.disabledAt) return
      await store.atomically(
        setDisabledAt.bind({ userId: user.id, disabledAt: null }),
        ...bindReport(user, 'account_enabled')
      )
    },

    /**
     * Ends all sessions and personal access tokens of a user.
     * @returns how many sessions have ended
     */
    async signOut(user: Account): Promise<number> {
      const [ended, endedTokens] = await store.atomically(
        endSessions(user, 'signed_out_by_operator'),
        bindEndAll(user.id)
      )
      return recordEnds(user, ended, endedTokens, 'signed_out_by_operator')
    },

    /**
     * Removes all second factors and recovery codes of somebody who has lost them, and ends all sessions and personal access
     * tokens: they may be in other hands, and less is asked of them now. The password alone signs in again.
     */
    async removeFactors(user: Account): Promise<FactorsRemoved> {
      const { hasPassword } = await describeAccess(user)
      const { lock, factors, statements } = await prepareRemoval(user)
      const [, ended, endedTokens] = await store.atomically(
        lock,
        endSessions(user, 'signed_out_by_operator'),
        bindEndAll(user.id),
        ...statements
      )
      return {
        removed: factors,
        ended: await recordEnds(user, ended, endedTokens, 'signed_out_by_operator'),
        hasPassword
      }
    },

    /** Has a link to set a new password mailed to a user. The audit log tells of its use. */
    async sendReset({ email }: Account): Promise<void> {
      await store.atomically(mails.bindReset(email, 'sent_by_operator'))
    }
  }
}

export type AccountAdmin = ReturnType<typeof createAccountAdmin>
