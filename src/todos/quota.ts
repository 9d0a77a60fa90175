import { count, eq, sql } from 'drizzle-orm'
import { given, statementsOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'
import type { TodoContent } from './todo.ts'

/** How much a user may have: todos, those in the trash included, and bytes of what is written in them. */
export interface Quota {
  readonly todos: number
  readonly bytes: number
}

/** What a write adds to what a user has; less than nothing where it takes away. */
export type Growth = Quota

/** The part of what is left that is used up before it is counted again: other instances add to the same. */
const SHARE = 1 / 8
/** The most users whose part is kept. */
const MOST_USERS = 10_000

const statements = statementsOf('todos_quota', (db, { todos }) => ({
  usage: db
    .select({
      todos: count(),
      bytes: sql<number>`coalesce(sum(octet_length(${todos.title}) + coalesce(octet_length(${todos.description}), 0) + octet_length(${todos.tags})), 0)`
    })
    .from(todos)
    .where(eq(todos.userId, given(todos.userId, 'userId')))
}))

/** The bytes of a todo that count. */
export const bytesIn = ({ title, description, tags }: Pick<TodoContent, 'title' | 'description' | 'tags'>) =>
  Buffer.byteLength(title) + Buffer.byteLength(description ?? '') + Buffer.byteLength(JSON.stringify(tags))

/** Users by what they may still add without a count; and what is being added meanwhile. */
interface Users {
  readonly allowances: Map<string, { todos: number; bytes: number }>
  readonly underWay: Map<string, { todos: number; bytes: number }>
}

const users = new WeakMap<Store['db'], Users>()

/**
 * Does a write if the user may have what it adds. What there is is counted now and then only, for a count takes the longer
 * the more there is; close to the limit it is counted each time.
 * @throws {Problem} `quota_exceeded`
 */
export async function withinQuota<Result>(
  store: Store,
  userId: string,
  growth: Growth,
  write: () => Promise<Result>
): Promise<Result> {
  if (growth.todos <= 0 && growth.bytes <= 0) return write()
  const { allowances, underWay } = usersOf(store)
  const together = underWay.get(userId) ?? { todos: 0, bytes: 0 }
  underWay.set(userId, add(together, growth))
  try {
    const allowance = allowances.get(userId)
    if (allowance && allowance.todos >= growth.todos && allowance.bytes >= growth.bytes)
      add(allowance, growth, -1)
    else {
      const left = add(await leftFor(store, userId), together, -1)
      if (left.todos < 0 || left.bytes < 0) throw new Problem('quota_exceeded')
      if (allowances.size >= MOST_USERS) allowances.clear()
      const part = { todos: Math.floor(left.todos * SHARE), bytes: Math.floor(left.bytes * SHARE) }
      allowances.set(userId, part)
    }
    return await write()
  } finally {
    add(together, growth, -1)
    if (together.todos === 0 && together.bytes === 0) underWay.delete(userId)
  }
}

function usersOf({ db }: Store): Users {
  const known = users.get(db) ?? { allowances: new Map(), underWay: new Map() }
  users.set(db, known)
  return known
}

async function leftFor(store: Store, userId: string) {
  const [usage] = await statements(store).usage.executeLong({ userId })
  const { todos, bytes } = store.quota
  return { todos: todos - Number(usage?.todos), bytes: bytes - Number(usage?.bytes) }
}

function add(to: { todos: number; bytes: number }, growth: Growth, times: 1 | -1 = 1) {
  to.todos += times * growth.todos
  to.bytes += times * growth.bytes
  return to
}
