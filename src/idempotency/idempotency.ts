import { hash } from 'node:crypto'
import { and, eq, gte, lt } from 'drizzle-orm'
import { type BoundStatement, mustAffectRow, NoRowAffected, type Queries, type Rows } from '../db/engine.ts'
import { param, paramRow, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { canonicalJson } from '../http/canonical-json.ts'
import { Problem } from '../problems/problem.ts'
import { idempotencyTables } from './tables.ts'

/** Milliseconds for which a request may be repeated. */
export const IDEMPOTENCY_RETENTION_MS = 86_400_000

const statements = prepareStatements('idempotency', idempotencyTables, (db, { idempotencyKeys: keys }) => {
  const row = paramRow(keys)
  return {
    // One that has been kept for long enough gives way, should the janitor not have come by yet.
    insert: db
      .insert(keys)
      .values(row)
      .onConflictDoUpdate({
        target: keys.id,
        set: {
          fingerprint: param(keys.fingerprint, 'fingerprint'),
          answer: param(keys.answer, 'answer'),
          createdAt: param(keys.createdAt, 'createdAt')
        },
        setWhere: lt(keys.createdAt, param(keys.createdAt, 'oldest'))
      })
      .returning({ id: keys.id }),
    find: db
      .select()
      .from(keys)
      .where(and(eq(keys.id, param(keys.id, 'id')), gte(keys.createdAt, param(keys.createdAt, 'oldest'))))
  }
})

/** The keys whose requests are under way in this process. */
const inFlight = new WeakMap<Queries, Set<string>>()

/** A request that may be repeated, by a key of its sender's making. */
export interface IdempotentRequest {
  readonly userId: string
  /** Without one, nothing is kept. */
  readonly key: string | undefined
  /** All that makes it this request and no other, of which JSON can be made. */
  readonly request: unknown
}

/** How an answer is kept: not itself, which may be large and must not outlive what it shows, but what identifies it. */
export interface ReplayHandler<Answer, Stored> {
  /** What is kept, of which JSON can be made. */
  readonly identify: (answer: Answer) => Stored
  /** What a repetition is answered, by what came back from JSON. */
  readonly replay: (stored: Stored) => Promise<Answer>
}

/** What came of it. */
export interface IdempotentResult<Answer> {
  readonly answer: Answer
  readonly isReplay: boolean
}

/** An answer, or how it is made from the rows of the steps before it. */
export type AnswerSource<Answer> = Answer | ((earlierRows: readonly Rows[]) => Answer)

/** The steps that keep an answer, to go with those that carry the request out: if another one has it, none takes effect. */
export type StoreAnswer<Answer> = (answer: AnswerSource<Answer>) => readonly BoundStatement[]

/**
 * Carries out a request once, however often it is sent (draft-ietf-httpapi-idempotency-key-header). What identifies the
 * answer is kept in the transaction that carries it out; a request that is refused is not carried out, and leaves no trace.
 * @param work carries it out, together with the steps that keep its answer
 * @throws {Problem} `idempotency_key_in_use` while the first one is under way, `idempotency_key_reused` for another request
 */
export async function withIdempotency<Answer, Stored>(
  store: Store,
  { userId, key, request }: IdempotentRequest,
  { identify, replay: recall }: ReplayHandler<Answer, Stored>,
  work: (storeAnswer: StoreAnswer<Answer>) => Promise<Answer>
): Promise<IdempotentResult<Answer>> {
  if (key === undefined) return { answer: await work(() => []), isReplay: false }

  const { insert, find } = statements(store)
  const id = digest([userId, key])
  const fingerprint = toFingerprint(key, request)
  const now = store.now()
  const oldest = new Date(now.getTime() - IDEMPOTENCY_RETENTION_MS)

  async function findReplay(): Promise<IdempotentResult<Answer> | undefined> {
    const [row] = await find.execute({ id, oldest })
    if (row && row.fingerprint !== fingerprint) throw new Problem('idempotency_key_reused')
    return row && { answer: await recall(row.answer as Stored), isReplay: true }
  }

  async function run(): Promise<IdempotentResult<Answer>> {
    const existing = await findReplay()
    if (existing) return existing
    const row = { id, userId, fingerprint, createdAt: now, oldest }
    const bindInsert = (answer: AnswerSource<Answer>) =>
      insert.bind(earlierRows => ({
        ...row,
        answer: identify(answer instanceof Function ? answer(earlierRows) : answer)
      }))
    return { answer: await work(answer => [mustAffectRow(bindInsert(answer))]), isReplay: false }
  }

  /** Another instance was quicker. */
  async function replayAfterConflict(error: unknown): Promise<IdempotentResult<Answer>> {
    if (!(error instanceof NoRowAffected)) throw error
    const existing = await findReplay()
    if (existing) return existing
    throw keyInUse()
  }

  const keysInUse = inFlight.get(store.db) ?? new Set()
  inFlight.set(store.db, keysInUse)
  if (keysInUse.has(id)) throw keyInUse()
  keysInUse.add(id)
  return run()
    .catch(replayAfterConflict)
    .finally(() => keysInUse.delete(id))
}

/** Names a user's request, the same for its repetitions; null for one that must not be repeated. */
export const toRequestId = ({ key, request }: IdempotentRequest): string | null =>
  key === undefined ? null : toFingerprint(key, request)

/** With the key, which is not kept: what was asked cannot be guessed by its hash. */
const toFingerprint = (key: string, request: unknown): string => digest([key, request])

const digest = (value: unknown) => hash('sha256', canonicalJson(value), 'base64url')

/** Seconds after which to send a request again whose first one is under way. */
const RETRY_AFTER = 1

const keyInUse = () => new Problem('idempotency_key_in_use', { retryAfter: RETRY_AFTER })
