import { authFeature } from './auth/feature.ts'
import { REQUESTS_PER_MINUTE } from './config/limits.ts'
import type { ColumnKit } from './db/columns.ts'
import type { Store } from './db/store.ts'
import { defineTables, type Tables } from './db/tables.ts'
import type { Feature } from './feature.ts'
import { idempotencyFeature } from './idempotency/feature.ts'
import { mailFeature } from './mail/feature.ts'
import type { MailComposers, MailServices } from './mail/mail.ts'
import { httpProblems } from './problems/http-problems.ts'
import { addProblemTypes, type ProblemCode } from './problems/problem.ts'
import type { ProblemType } from './problems/problem-type.ts'
import { syncFeature } from './sync/feature.ts'
import { todosFeature } from './todos/feature.ts'

/** The one list of features. A feature comes after those whose tables it refers to. */
const list = [mailFeature, authFeature, syncFeature, todosFeature, idempotencyFeature] as const

export const features: readonly Feature[] = list

/** All kinds of problems by their codes, in the order of their status. */
export const catalogue = Object.fromEntries(
  [httpProblems, ...list.map(({ problems }) => problems)]
    .flatMap(problems => Object.entries<ProblemType>(problems))
    .sort(([, a], [, b]) => a.status - b.status)
) as Record<ProblemCode, ProblemType>

for (const { problems } of list) addProblemTypes(problems)

type UnionToIntersection<Union> = (Union extends unknown ? (one: Union) => void : never) extends (
  all: infer All
) => void
  ? All
  : never

/** All tables; each comes after those that it refers to. */
export const allTables = defineTables(
  kit =>
    Object.assign({}, ...list.map(({ tables }) => tables(kit))) as UnionToIntersection<
      ReturnType<(typeof list)[number]['tables']>
    >
)

const transientTables = new Set(features.flatMap(feature => feature.transientTables ?? []))

/** All tables but those that mean nothing in another database. */
export const copiedTables = (kit: ColumnKit): Tables =>
  Object.fromEntries(
    Object.entries<Tables[string]>(allTables(kit)).filter(([name]) => !transientTables.has(name))
  )

/** Removes what features have of a user, but for what goes with the account in one statement. */
export async function removeUserRows(store: Store, userId: string): Promise<void> {
  for (const feature of features) await feature.removeUserRows?.(store, userId)
}

/** The most requests of a minute from one address: `all`, or of a kind that has a limit of its own. */
export const requestsPerMinute: Readonly<Record<string, number>> = Object.assign(
  { ...REQUESTS_PER_MINUTE },
  ...features.map(feature => feature.requestsPerMinute)
)

/** The largest body that is taken unless a route says otherwise, in bytes. */
export const MAX_BODY = Math.max(...features.map(({ maxBody = 0 }) => maxBody))

/** Makes the composers of all kinds of mail, by their names. */
export const createMailComposers = (services: MailServices): MailComposers =>
  Object.assign({}, ...features.map(({ createMails }) => createMails?.(services)))

export const changeSources = features.flatMap(({ changeSources = [] }) => changeSources)
export const retentionRules = features.flatMap(({ retention = [] }) => retention)
export const signsOfUse = features.flatMap(({ findSignsOfUse = [] }) => findSignsOfUse)
export const counters = features.flatMap(({ counters = [] }) => counters)
