import { count, eq, sql } from 'drizzle-orm'
import pLimit, { type LimitFunction } from 'p-limit'
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

/** What is known of a user's room. */
interface Room {
  /** What may still be added without a count. */
  readonly allowance: Amount
  /** What is being added. */
  readonly underWay: Amount
  /** Looks for room one after another, so that those who look at a time are not all refused for each other's sake. */
  readonly inTurn: LimitFunction
  /** How many look, or add. */
  entered: number
}

interface Amount {
  todos: number
  bytes: number
}

const rooms = new WeakMap<Store['db'], Map<string, Room>>()

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
  const room = roomOf(store, userId)
  room.entered += 1
  try {
    if (!take(room, growth)) await room.inTurn(() => takeAnew(store, userId, room, growth))
    try {
      return await write()
    } finally {
      add(room.underWay, growth, -1)
    }
  } finally {
    room.entered -= 1
  }
}

function roomOf({ db }: Store, userId: string): Room {
  const known = rooms.get(db) ?? new Map<string, Room>()
  rooms.set(db, known)
  const room = known.get(userId)
  if (room) return room
  if (known.size >= MOST_USERS) for (const [id, { entered }] of known) if (entered === 0) known.delete(id)
  const added: Room = { allowance: nothing(), underWay: nothing(), inTurn: pLimit(1), entered: 0 }
  known.set(userId, added)
  return added
}

const nothing = (): Amount => ({ todos: 0, bytes: 0 })

/** @returns whether the allowance covered it */
function take({ allowance, underWay }: Room, growth: Growth): boolean {
  if (allowance.todos < growth.todos || allowance.bytes < growth.bytes) return false
  add(allowance, growth, -1)
  add(underWay, growth)
  return true
}

/** Counts what there is, and allows what is asked for and a part of what is left then. */
async function takeAnew(store: Store, userId: string, room: Room, growth: Growth): Promise<void> {
  // Whoever was before may have been allowed enough.
  if (take(room, growth)) return
  Object.assign(room.allowance, nothing())
  // What is under way when the count begins may be in it or not; nothing is added to that meanwhile.
  const left = add({ ...store.quota }, room.underWay, -1)
  const [usage] = await statements(store).usage.executeLong({ userId })
  add(left, { todos: Number(usage?.todos) + growth.todos, bytes: Number(usage?.bytes) + growth.bytes }, -1)
  if (left.todos < 0 || left.bytes < 0) throw new Problem('quota_exceeded')
  add(room.underWay, growth)
  add(room.allowance, { todos: Math.floor(left.todos * SHARE), bytes: Math.floor(left.bytes * SHARE) })
}

function add(to: Amount, growth: Growth, times: 1 | -1 = 1): Amount {
  to.todos += times * growth.todos
  to.bytes += times * growth.bytes
  return to
}
