import { hash } from 'node:crypto'
import { and, eq, gte, lt } from 'drizzle-orm'
import { type BoundStatement, mustAffectRow, NoRowAffected, type Rows } from '../db/bound-statement.ts'
import { oncePerDatabase, param, paramRow, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { canonicalJson } from '../http/canonical-json.ts'
import { Problem } from '../problems/problem.ts'
import { idempotencyTables } from './tables.ts'

/** Milliseconds for which a request may be repeated. */
export const IDEMPOTENCY_RETENTION_MS = 86_400_000

const statements = prepareStatements('idempotency', idempotencyTables, (db, { idempotencyKeys: keys }) => {
  const row = paramRow(keys)
  return {
    // An expired row is replaced: the janitor may not have deleted it yet.
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

/** The keys of the requests in progress in this process. */
const getKeysInUse = oncePerDatabase(() => new Set<string>())

/** A request that the client may repeat, with a key of the client's choice. */
export interface IdempotentRequest {
  readonly userId: string
  /** Without a key, no answer is stored. */
  readonly key: string | undefined
  /** All that distinguishes the request from others, as a JSON value. */
  readonly request: unknown
}

/**
 * How an answer is stored: not the answer itself, which may be large and must not outlive the data that it shows, but an
 * identification.
 */
export interface ReplayHandler<Answer, Stored> {
  /** What is stored of an answer, as a JSON value. */
  readonly identify: (answer: Answer) => Stored
  /** Makes the answer to a repetition from the stored value. */
  readonly replay: (stored: Stored) => Promise<Answer>
}

export interface IdempotentResult<Answer> {
  readonly answer: Answer
  readonly isReplay: boolean
}

/** An answer, or a function that makes it from the rows of earlier statements in the transaction. */
export type AnswerSource<Answer> = Answer | ((earlierRows: readonly Rows[]) => Answer)

/**
 * Binds the statements that store an answer. They belong in the transaction of the request: if another request has taken
 * the key, the transaction fails as a whole.
 */
export type StoreAnswer<Answer> = (answer: AnswerSource<Answer>) => readonly BoundStatement[]

/**
 * Executes a request once, however often the client sends it (draft-ietf-httpapi-idempotency-key-header). The
 * identification of the answer is stored in the transaction of the request. A request that fails stores nothing.
 * @param work executes the request; its transaction must contain the statements of `storeAnswer`
 * @returns the answer, and whether it is a replay
 * @throws {Problem} `idempotency_key_in_use` while the first request is in progress; `idempotency_key_reused` when the key
 * belongs to another request
 */
export async function withIdempotency<Answer, Stored>(
  store: Store,
  { userId, key, request }: IdempotentRequest,
  { identify, replay }: ReplayHandler<Answer, Stored>,
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
    return row && { answer: await replay(row.answer as Stored), isReplay: true }
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

  /** Answers when another instance has stored its answer first. */
  async function replayAfterConflict(error: unknown): Promise<IdempotentResult<Answer>> {
    if (!(error instanceof NoRowAffected)) throw error
    const existing = await findReplay()
    if (existing) return existing
    throw keyInUse()
  }

  const keysInUse = getKeysInUse(store)
  if (keysInUse.has(id)) throw keyInUse()
  keysInUse.add(id)
  return run()
    .catch(replayAfterConflict)
    .finally(() => keysInUse.delete(id))
}

/** The id of a request, which its repetitions share; null for a request without a key. */
export const toRequestId = ({ key, request }: IdempotentRequest): string | null =>
  key === undefined ? null : toFingerprint(key, request)

/** The hash includes the key, which is not stored, so that nobody can guess the request from the hash. */
const toFingerprint = (key: string, request: unknown): string => digest([key, request])

const digest = (value: unknown) => hash('sha256', canonicalJson(value), 'base64url')

/** Seconds after which a client may repeat a request whose first attempt is in progress. */
const RETRY_AFTER = 1

const keyInUse = () => new Problem('idempotency_key_in_use', { retryAfter: RETRY_AFTER })
