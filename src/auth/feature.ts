import { desc, isNull, lt } from 'drizzle-orm'
import type { Config } from '../config/config.ts'
import { toCreationTime } from '../db/inspection.ts'
import { param, prepareStatements } from '../db/statements.ts'
import { type Store, toMinId } from '../db/store.ts'
import type { Feature } from '../feature.ts'
import { refreshes, sessionsEnded } from './counters.ts'
import { emailProblems } from './emails/problems.ts'
import { factorProblems } from './factors/problems.ts'
import { factorTables } from './factors/tables.ts'
import { REQUESTS_PER_MINUTE } from './limits.ts'
import { createAuthMailComposers } from './mails/composers.ts'
import { passkeyProblems } from './passkeys/problems.ts'
import { passkeyTables } from './passkeys/tables.ts'
import { personalAccessTokenProblems } from './personal-access-tokens/problems.ts'
import { personalAccessTokenTables } from './personal-access-tokens/tables.ts'
import { authProblems } from './problems.ts'
import { authTables } from './tables.ts'

/** Milliseconds after the last failed sign-in for which a throttle is kept. */
const THROTTLE_RETENTION_MS = 86_400_000
/** Milliseconds after its expiry for which a challenge is kept, since its tries count for longer than its code is good. */
const CHALLENGE_RETENTION_MS = 86_400_000
/** Milliseconds for which an expired token is listed, so that its owner sees why a program has stopped. */
const EXPIRED_TOKEN_RETENTION_MS = 30 * 86_400_000

/** Milliseconds for which a factor is kept that nobody confirms. */
const UNCONFIRMED_RETENTION_MS = 86_400_000

const statements = prepareStatements('auth_use', authTables, (db, { events, sessions }) => ({
  latestEvent: db
    .select({ id: events.id })
    .from(events)
    .where(lt(events.id, param(events.id, 'before')))
    .orderBy(desc(events.id))
    .limit(1),
  latestExpiry: db
    .select({ time: sessions.idleExpiresAt })
    .from(sessions)
    .where(lt(sessions.idleExpiresAt, param(sessions.idleExpiresAt, 'before')))
    .orderBy(desc(sessions.idleExpiresAt))
    .limit(1)
}))

/** The latest event or refresh before a time. A session expires `REFRESH_TOKEN_TTL` after its last refresh. */
async function findSignsOfUse(store: Store, { session }: Config, before: Date) {
  const { latestEvent, latestExpiry } = statements(store)
  const lifetime = session.idleMs
  const [event] = await latestEvent.execute({ before: toMinId(before) })
  const [expiry] = await latestExpiry.execute({ before: new Date(before.getTime() + lifetime) })
  return [toCreationTime(event?.id), expiry && new Date(expiry.time.getTime() - lifetime)].filter(
    time => time !== undefined
  )
}

/** Accounts, sign-ins and sessions. */
export const authFeature = {
  problems: {
    ...authProblems,
    ...emailProblems,
    ...factorProblems,
    ...passkeyProblems,
    ...personalAccessTokenProblems
  },
  tables: kit => ({
    ...authTables(kit),
    ...factorTables(kit),
    ...passkeyTables(kit),
    ...personalAccessTokenTables(kit)
  }),
  requestsPerMinute: REQUESTS_PER_MINUTE,
  retention: [
    {
      name: 'sessions',
      age: kit => authTables(kit).sessions.endedAt,
      keepForMs: ({ retention }) => retention.sessionMs
    },
    // The absolute expiry has no index. The idle expiry is at most a REFRESH_TOKEN_TTL later: it is counted from a refresh
    // before the absolute one.
    {
      name: 'sessions',
      age: kit => authTables(kit).sessions.idleExpiresAt,
      keepForMs: ({ retention }) => retention.sessionMs
    },
    // An id tells when its row was made. An index of the time would have to be kept up with each event.
    {
      name: 'events',
      age: kit => authTables(kit).events.id,
      keepForMs: ({ retention }) => retention.eventMs,
      toBound: toMinId
    },
    {
      name: 'throttles',
      age: kit => authTables(kit).throttles.updatedAt,
      keepForMs: () => THROTTLE_RETENTION_MS
    },
    // For as long as the tries of an expired challenge may count.
    {
      name: 'challenges',
      age: kit => authTables(kit).challenges.expiresAt,
      keepForMs: () => CHALLENGE_RETENTION_MS
    },
    {
      name: 'formerEmails',
      age: kit => authTables(kit).formerEmails.expiresAt,
      keepForMs: () => 0
    },
    {
      name: 'personalAccessTokens',
      age: kit => personalAccessTokenTables(kit).personalAccessTokens.expiresAt,
      keepForMs: () => EXPIRED_TOKEN_RETENTION_MS
    },
    {
      name: 'totpFactors',
      age: kit => factorTables(kit).totpFactors.createdAt,
      condition: kit => isNull(factorTables(kit).totpFactors.confirmedAt),
      keepForMs: () => UNCONFIRMED_RETENTION_MS
    },
    {
      name: 'spentChallenges',
      age: kit => factorTables(kit).spentChallenges.expiresAt,
      keepForMs: () => 0
    }
  ],
  findSignsOfUse,
  createMails: createAuthMailComposers,
  counters: [refreshes, sessionsEnded]
} satisfies Feature
