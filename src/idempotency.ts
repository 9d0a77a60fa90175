import { hash } from 'node:crypto'
import { and, eq, gte, lt } from 'drizzle-orm'
import { canonicalJson } from './canonical-json.ts'
import { type Found, type Queries, required, type Step, StepMissed } from './db/engine.ts'
import { given, givenRow, statementsOf } from './db/statements.ts'
import type { Store } from './db/store.ts'
import { Problem } from './errors.ts'

/** Seconds for which a request may be repeated. */
export const IDEMPOTENCY_RETENTION = 86_400

const statements = statementsOf('idempotency', (db, { idempotencyKeys: keys }) => {
  const row = givenRow(keys)
  return {
    // One that has been kept for long enough gives way, should the janitor not have come by yet.
    keep: db
      .insert(keys)
      .values(row)
      .onConflictDoUpdate({
        target: keys.id,
        set: {
          fingerprint: given(keys.fingerprint, 'fingerprint'),
          answer: given(keys.answer, 'answer'),
          createdAt: given(keys.createdAt, 'createdAt')
        },
        setWhere: lt(keys.createdAt, given(keys.createdAt, 'oldest'))
      })
      .returning({ id: keys.id }),
    find: db
      .select()
      .from(keys)
      .where(and(eq(keys.id, given(keys.id, 'id')), gte(keys.createdAt, given(keys.createdAt, 'oldest'))))
  }
})

/** The keys whose requests are under way in this process. */
const running = new WeakMap<Queries, Set<string>>()

/** A request that may be repeated, by a key of its sender's making. */
export interface Repeatable {
  readonly userId: string
  /** Without one, nothing is kept. */
  readonly key: string | undefined
  /** All that makes it this request and no other, of which JSON can be made. */
  readonly request: unknown
}

/** How an answer is kept: not itself, which may be large and must not outlive what it shows, but what identifies it. */
export interface Keeping<Answer, Kept> {
  /** What is kept, of which JSON can be made. */
  readonly identify: (answer: Answer) => Kept
  /** What a repetition is answered, by what came back from JSON. */
  readonly recall: (kept: Kept) => Promise<Answer>
}

/** What came of it. */
export interface Outcome<Answer> {
  readonly answer: Answer
  readonly isRepetition: boolean
}

/** An answer, or how it is made from the rows of the steps before it. */
export type Known<Answer> = Answer | ((before: readonly Found[]) => Answer)

/** The steps that keep an answer, to go with those that carry the request out: if another one has it, none takes effect. */
export type Keep<Answer> = (answer: Known<Answer>) => readonly Step[]

/**
 * Carries out a request once, however often it is sent (draft-ietf-httpapi-idempotency-key-header). What identifies the
 * answer is kept in the transaction that carries it out; a request that is refused is not carried out, and leaves no trace.
 * @param work carries it out, together with the steps that keep its answer
 * @throws {Problem} `idempotency_key_in_use` while the first one is under way, `idempotency_key_reused` for another request
 */
export async function once<Answer, Kept>(
  store: Store,
  { userId, key, request }: Repeatable,
  { identify, recall }: Keeping<Answer, Kept>,
  work: (keep: Keep<Answer>) => Promise<Answer>
): Promise<Outcome<Answer>> {
  if (key === undefined) return { answer: await work(() => []), isRepetition: false }

  const { keep, find } = statements(store)
  const id = digest([userId, key])
  const fingerprint = fingerprintOf(key, request)
  const now = store.now()
  const oldest = new Date(now.getTime() - IDEMPOTENCY_RETENTION * 1000)

  async function repeated(): Promise<Outcome<Answer> | undefined> {
    const [kept] = await find.execute({ id, oldest })
    if (kept && kept.fingerprint !== fingerprint) throw new Problem('idempotency_key_reused')
    return kept && { answer: await recall(kept.answer as Kept), isRepetition: true }
  }

  async function carryOut(): Promise<Outcome<Answer>> {
    const known = await repeated()
    if (known) return known
    const row = { id, userId, fingerprint, createdAt: now, oldest }
    const kept = (answer: Known<Answer>) =>
      keep.with(before => ({
        ...row,
        answer: identify(answer instanceof Function ? answer(before) : answer)
      }))
    return { answer: await work(answer => [required(kept(answer))]), isRepetition: false }
  }

  /** Another instance was quicker. */
  async function yieldTo(error: unknown): Promise<Outcome<Answer>> {
    if (!(error instanceof StepMissed)) throw error
    const known = await repeated()
    if (known) return known
    throw inUse()
  }

  const keys = running.get(store.db) ?? new Set()
  running.set(store.db, keys)
  if (keys.has(id)) throw inUse()
  keys.add(id)
  return carryOut()
    .catch(yieldTo)
    .finally(() => keys.delete(id))
}

/** Names a user's request, the same for its repetitions; null for one that must not be repeated. */
export const requestIdOf = ({ key, request }: Repeatable): string | null =>
  key === undefined ? null : fingerprintOf(key, request)

/** With the key, which is not kept: what was asked cannot be guessed by its hash. */
const fingerprintOf = (key: string, request: unknown): string => digest([key, request])

const digest = (value: unknown) => hash('sha256', canonicalJson(value), 'base64url')

/** Seconds after which to send a request again whose first one is under way. */
const RETRY_AFTER = 1

const inUse = () => new Problem('idempotency_key_in_use', { retryAfter: RETRY_AFTER })
