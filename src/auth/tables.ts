import { defineTables } from '../db/tables.ts'
import type { AuditEventType } from './audit/event-types.ts'
import type { ChallengePurpose } from './challenges/purposes.ts'
import type { NewCredential } from './passkeys/tables.ts'
import type { AuthenticationMethod } from './sessions/authentication.ts'
import type { EndReason } from './sessions/end-reasons.ts'
import { userTables } from './user.ts'

/** The table of the audit log. Each sign-in writes to it. */
export const AUDIT_LOG_TABLE = 'events'

/** The passkey with which an account is to begin, and the id that the account is to have. */
export interface PendingPasskey {
  readonly userId: string
  readonly credential: NewCredential
}

/** The accounts and what belongs to them. */
export const authTables = defineTables(kit => {
  const { table, index, id, text, integer, instant, json } = kit
  const { users } = userTables(kit)

  const sessions = table(
    'sessions',
    {
      id: id('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      generation: integer('generation').notNull(),
      createdAt: instant('created_at').notNull(),
      rotatedAt: instant('rotated_at').notNull(),
      idleExpiresAt: instant('idle_expires_at').notNull(),
      absoluteExpiresAt: instant('absolute_expires_at').notNull(),
      // When the user last showed who he is, how, and the level that the methods reach together. Null for a session that is
      // older than these columns.
      authenticatedAt: instant('authenticated_at'),
      authenticationMethods: json('authentication_methods').$type<readonly AuthenticationMethod[]>(),
      assuranceLevel: integer('assurance_level').notNull().default(1),
      endedAt: instant('ended_at'),
      endReason: text('end_reason').$type<EndReason>(),
      // Access tokens of a generation below are stale: the password was changed since.
      minAccessGeneration: integer('min_access_generation').notNull().default(0),
      // Of the Idempotency-Key with which the present generation was made.
      retryKeyHash: text('retry_key_hash'),
      userAgent: text('user_agent'),
      ip: text('ip')
    },
    session => [
      index('sessions_user_id').on(session.userId),
      // For the janitor.
      index('sessions_ended_at').on(session.endedAt),
      index('sessions_idle_expires_at').on(session.idleExpiresAt)
    ]
  )

  const events = table(
    AUDIT_LOG_TABLE,
    {
      id: id('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      type: text('type').$type<AuditEventType>().notNull(),
      createdAt: instant('created_at').notNull(),
      sessionId: id('session_id'),
      endReason: text('end_reason').$type<EndReason>(),
      userAgent: text('user_agent'),
      ip: text('ip'),
      // Of a re-used refresh token: who refreshed before.
      otherUserAgent: text('other_user_agent'),
      otherIp: text('other_ip')
    },
    event => [index('events_user_id_id').on(event.userId, event.id)]
  )

  const throttles = table(
    'throttles',
    {
      // A hash of what is throttled: it may be the e-mail of somebody who has no account here.
      id: text('id').primaryKey(),
      failures: integer('failures').notNull(),
      blockedUntil: instant('blocked_until').notNull(),
      updatedAt: instant('updated_at').notNull()
    },
    throttle => [index('throttles_updated_at').on(throttle.updatedAt)]
  )

  const challenges = table(
    'challenges',
    {
      // A hash of the purpose with the user or the e-mail: of each there is one at a time, whose tries are counted.
      id: text('id').primaryKey(),
      // Another one for each code. The code is a function of it, and is stored nowhere.
      challengeId: id('challenge_id').notNull().unique(),
      purpose: text('purpose').$type<ChallengePurpose>().notNull(),
      userId: id('user_id').references(() => users.id, { onDelete: 'cascade' }),
      // The address that is to be confirmed.
      email: text('email').notNull(),
      // Of the account, for the mail. An invitation has none.
      username: text('username'),
      // Of an account that comes into being with the code.
      passwordHash: text('password_hash'),
      // Of such an account that begins with a passkey, whose user handle is the account's id.
      passkey: json('passkey').$type<PendingPasskey>(),
      tries: integer('tries').notNull(),
      // From then on the tries are counted anew.
      triesEndAt: instant('tries_end_at').notNull(),
      expiresAt: instant('expires_at').notNull()
    },
    challenge => [
      index('challenges_user_id').on(challenge.userId),
      index('challenges_expires_at').on(challenge.expiresAt)
    ]
  )

  // While the owner can put a former e-mail back, nobody else gets it.
  const formerEmails = table(
    'former_emails',
    {
      id: id('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      email: text('email').notNull(),
      emailKey: text('email_key').notNull(),
      expiresAt: instant('expires_at').notNull()
    },
    former => [
      index('former_emails_user_id').on(former.userId),
      index('former_emails_email_key').on(former.emailKey),
      index('former_emails_expires_at').on(former.expiresAt)
    ]
  )

  return { users, sessions, events, throttles, challenges, formerEmails }
})

type AuthTables = ReturnType<typeof authTables>
export type SessionRow = AuthTables['sessions']['$inferSelect']
export type AuditEventRow = AuthTables['events']['$inferSelect']
export type ChallengeRow = AuthTables['challenges']['$inferSelect']
export type ThrottleRow = AuthTables['throttles']['$inferSelect']
