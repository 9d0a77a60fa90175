import { count, eq, sql } from 'drizzle-orm'
import pLimit, { type LimitFunction } from 'p-limit'
import { param, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../problems/problem.ts'
import type { TodoContent } from './content/content.ts'

/** How much a user may have: todos, those in the trash included, and bytes of what is written in them. */
export interface Quota {
  readonly todos: number
  readonly bytes: number
}

/** What a write adds to what a user has; less than nothing where it takes away. */
export type Growth = Quota

/** The part of what is left that is used up before it is counted again: other instances add to the same. */
const ALLOWANCE_SHARE = 1 / 8
/** The most users whose part is kept. */
const MAX_USERS = 10_000

const statements = prepareStatements('todos_quota', (db, { todos }) => ({
  usage: db
    .select({
      todos: count(),
      bytes: sql<number>`coalesce(sum(octet_length(${todos.title}) + coalesce(octet_length(${todos.description}), 0) + octet_length(${todos.tags})), 0)`
    })
    .from(todos)
    .where(eq(todos.userId, param(todos.userId, 'userId')))
}))

/** The bytes of a todo that count. */
export const countBytes = ({
  title,
  description,
  tags
}: Pick<TodoContent, 'title' | 'description' | 'tags'>) =>
  Buffer.byteLength(title) + Buffer.byteLength(description ?? '') + Buffer.byteLength(JSON.stringify(tags))

/** What is known of a user's room. */
interface QuotaState {
  /** What may still be added without a count. */
  readonly allowance: Usage
  /** What is being added. */
  readonly reserved: Usage
  /** Looks for room one after another, so that those who look at a time are not all refused for each other's sake. */
  readonly queue: LimitFunction
  /** How many look, or add. */
  pendingWrites: number
}

interface Usage {
  todos: number
  bytes: number
}

const statesByEngine = new WeakMap<Store['db'], Map<string, QuotaState>>()

/**
 * Does a write if the user may have what it adds. What there is is counted now and then only, for a count takes the longer
 * the more there is; close to the limit it is counted each time.
 * @throws {Problem} `quota_exceeded`
 */
export async function withQuota<Result>(
  store: Store,
  userId: string,
  growth: Growth,
  write: () => Promise<Result>
): Promise<Result> {
  if (growth.todos <= 0 && growth.bytes <= 0) return write()
  const state = getQuotaState(store, userId)
  state.pendingWrites += 1
  try {
    if (!reserve(state, growth)) await state.queue(() => countAndReserve(store, userId, state, growth))
    try {
      return await write()
    } finally {
      add(state.reserved, growth, -1)
    }
  } finally {
    state.pendingWrites -= 1
  }
}

function getQuotaState({ db }: Store, userId: string): QuotaState {
  const statesByUser = statesByEngine.get(db) ?? new Map<string, QuotaState>()
  statesByEngine.set(db, statesByUser)
  const state = statesByUser.get(userId)
  if (state) return state
  if (statesByUser.size >= MAX_USERS)
    for (const [id, { pendingWrites: entered }] of statesByUser) if (entered === 0) statesByUser.delete(id)
  const newState: QuotaState = {
    allowance: zeroUsage(),
    reserved: zeroUsage(),
    queue: pLimit(1),
    pendingWrites: 0
  }
  statesByUser.set(userId, newState)
  return newState
}

const zeroUsage = (): Usage => ({ todos: 0, bytes: 0 })

/** @returns whether the allowance covered it */
function reserve({ allowance, reserved: underWay }: QuotaState, growth: Growth): boolean {
  if (allowance.todos < growth.todos || allowance.bytes < growth.bytes) return false
  add(allowance, growth, -1)
  add(underWay, growth)
  return true
}

/** Counts what there is, and allows what is asked for and a part of what is left then. */
async function countAndReserve(
  store: Store,
  userId: string,
  state: QuotaState,
  growth: Growth
): Promise<void> {
  // Whoever was before may have been allowed enough.
  if (reserve(state, growth)) return
  Object.assign(state.allowance, zeroUsage())
  // What is under way when the count begins may be in it or not; nothing is added to that meanwhile.
  const remaining = add({ ...store.quota }, state.reserved, -1)
  const [usage] = await statements(store).usage.executeLong({ userId })
  add(
    remaining,
    { todos: Number(usage?.todos) + growth.todos, bytes: Number(usage?.bytes) + growth.bytes },
    -1
  )
  if (remaining.todos < 0 || remaining.bytes < 0) throw new Problem('quota_exceeded')
  add(state.reserved, growth)
  add(state.allowance, {
    todos: Math.floor(remaining.todos * ALLOWANCE_SHARE),
    bytes: Math.floor(remaining.bytes * ALLOWANCE_SHARE)
  })
}

function add(total: Usage, growth: Growth, sign: 1 | -1 = 1): Usage {
  total.todos += sign * growth.todos
  total.bytes += sign * growth.bytes
  return total
}
