import { count, eq, sql } from 'drizzle-orm'
import { oncePerDatabase, param, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../problems/problem.ts'
import type { TodoContent } from './content/content.ts'
import { todoTables } from './tables.ts'

/** Todos, those in the trash included, and the bytes of their texts. */
interface Usage {
  todos: number
  bytes: number
}

/** What a write adds to the usage of a user; negative where the write frees some. */
export type Growth = Readonly<Usage>

/** The share of the remaining quota that is used before the next count. Other instances add to the same quota. */
const ALLOWANCE_SHARE = 1 / 8
/** The most users whose state is kept. */
const MAX_USERS = 10_000

const statements = prepareStatements('todos_quota', todoTables, (db, { todos }) => ({
  usage: db
    .select({
      todos: count(),
      bytes: sql<number>`coalesce(sum(octet_length(${todos.title}) + coalesce(octet_length(${todos.description}), 0) + octet_length(${todos.tags})), 0)`
    })
    .from(todos)
    .where(eq(todos.userId, param(todos.userId, 'userId')))
}))

/** The bytes of a todo that count in the quota. */
export const countBytes = ({
  title,
  description,
  tags
}: Pick<TodoContent, 'title' | 'description' | 'tags'>) =>
  Buffer.byteLength(title) + Buffer.byteLength(description ?? '') + Buffer.byteLength(JSON.stringify(tags))

/** What some new todos add to the usage of a user. */
export const sumGrowth = (todos: readonly Parameters<typeof countBytes>[0][]): Growth => ({
  todos: todos.length,
  bytes: todos.reduce((bytes, todo) => bytes + countBytes(todo), 0)
})

interface QuotaState {
  /** What may still be added without a count. */
  readonly allowance: Usage
  /** What writes under way are adding. */
  readonly reserved: Usage
  /** Ends with the count under way. A second count meanwhile would refuse both writers for each other's sake. */
  count: Promise<void> | undefined
  pendingWrites: number
}

/** How much a user may have. */
export type Quota = Readonly<Usage>

const UNLIMITED: Quota = { todos: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY }
const quotas = new WeakMap<Store['db'], Quota>()

/** Limits the todos of each user in a database. Without a quota there is no limit. */
export function setQuota({ db }: Store, quota: Quota): void {
  quotas.set(db, quota)
}

const getQuotaStates = oncePerDatabase(() => new Map<string, QuotaState>())

/**
 * Runs a write if its growth fits into the user's quota. The usage is counted only now and then, because a count takes
 * longer the more todos there are; close to the limit it is counted for each write.
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
    while (!reserve(state, growth)) {
      if (!state.count) {
        await startCount(store, userId, state, growth)
        break
      }
      await state.count
    }
    try {
      return await write()
    } finally {
      add(state.reserved, growth, -1)
    }
  } finally {
    state.pendingWrites -= 1
  }
}

function getQuotaState(store: Store, userId: string): QuotaState {
  const statesByUser = getQuotaStates(store)
  const state = statesByUser.get(userId)
  if (state) return state
  if (statesByUser.size >= MAX_USERS)
    for (const [id, { pendingWrites }] of statesByUser) if (pendingWrites === 0) statesByUser.delete(id)
  const newState: QuotaState = {
    allowance: zeroUsage(),
    reserved: zeroUsage(),
    count: undefined,
    pendingWrites: 0
  }
  statesByUser.set(userId, newState)
  return newState
}

const zeroUsage = (): Usage => ({ todos: 0, bytes: 0 })

/** @returns whether the allowance covers the growth, which is reserved then */
function reserve({ allowance, reserved }: QuotaState, growth: Growth): boolean {
  if (allowance.todos < growth.todos || allowance.bytes < growth.bytes) return false
  add(allowance, growth, -1)
  add(reserved, growth)
  return true
}

/** Counts while others wait. @throws {Problem} `quota_exceeded` */
function startCount(store: Store, userId: string, state: QuotaState, growth: Growth): Promise<void> {
  const count = countAndReserve(store, userId, state, growth).finally(() => {
    state.count = undefined
  })
  state.count = count.catch(() => {})
  return count
}

/** Counts the usage, reserves the growth and allows a share of the rest. @throws {Problem} `quota_exceeded` */
async function countAndReserve(
  store: Store,
  userId: string,
  state: QuotaState,
  growth: Growth
): Promise<void> {
  Object.assign(state.allowance, zeroUsage())
  // Writes under way may be in the count or not, so they are subtracted. Without an allowance none begins meanwhile.
  const remaining = add({ ...(quotas.get(store.db) ?? UNLIMITED) }, state.reserved, -1)
  const [usage] = await statements(store).usage.executeLong({ userId }, todoTables(store.kit).todos.userId)
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
