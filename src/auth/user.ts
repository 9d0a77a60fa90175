import { defineTables } from '../db/tables.ts'
import type { AssuranceLevel } from './sessions/authentication.ts'

/** The accounts. The tables of other features refer to a row here, and lose theirs with it. */
export const userTables = defineTables(({ table, id, text, flag, integer, instant }) => ({
  users: table('users', {
    id: id('id').primaryKey(),
    username: text('username').notNull(),
    email: text('email').notNull(),
    // Unique without case. The service makes the lower case: engines and their locales do not agree on lower().
    usernameKey: text('username_key').notNull().unique(),
    emailKey: text('email_key').notNull().unique(),
    // Counts the changes of the e-mail: a link that was mailed before one is void.
    emailVersion: integer('email_version').notNull().default(0),
    // Whether the owner has shown that mail to the address arrives.
    emailVerified: flag('email_verified').notNull().default(false),
    // Empty for an account that has passkeys and no password.
    passwordHash: text('password_hash').notNull(),
    // Counts the changes of the password: what was begun before one must not be ended after it.
    passwordVersion: integer('password_version').notNull().default(0),
    // Whether a password alone signs nobody in: there is a confirmed second factor, or a passkey. Written by the transaction
    // that adds or removes one.
    hasSecondFactor: flag('has_second_factor').notNull().default(false),
    // Set by an operator: the account is kept, but nobody may sign in.
    disabledAt: instant('disabled_at'),
    createdAt: instant('created_at').notNull()
  })
}))

export type UserRow = ReturnType<typeof userTables>['users']['$inferSelect']

/** What an account shows of itself. */
export type User = Pick<UserRow, 'id' | 'username' | 'email' | 'emailVerified'>

/** The columns of that, for a selection. */
export const toUserColumns = ({
  id,
  username,
  email,
  emailVerified
}: ReturnType<typeof userTables>['users']) => ({ id, username, email, emailVerified })

/** A user whose password was just verified. `passwordVersion` is the version that was verified. */
export interface VerifiedUser extends User {
  readonly passwordVersion: number
}

/** Who sends a request about todos, by a session or by a personal access token. */
export interface Caller {
  readonly id: string
  /** null: by a personal access token. */
  readonly sessionId: string | null
}

/** The user who sends a request, and the session that the request belongs to. */
export interface Identity extends User {
  readonly sessionId: string
  /** When and at which level the session was last authenticated, and the level that the account asks for. */
  readonly authenticatedAt: Date | null
  readonly assuranceLevel: number
  readonly requiredLevel: AssuranceLevel
}
