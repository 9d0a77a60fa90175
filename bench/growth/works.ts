import { and, asc, eq, isNull } from 'drizzle-orm'
import type { buildApp } from '../../src/app.ts'
import { cursorAt } from '../../src/todos/cursor.ts'
import { columnOf, type ListQuery, type Sort } from '../../src/todos/list.ts'
import { blank } from '../../src/todos/todo.ts'
import { todosOf } from '../../src/todos/todos.ts'
import type { Work } from './contest.ts'
import { below, type Crowd, pick } from './crowd.ts'

export type App = Awaited<ReturnType<typeof buildApp>>

/** How many do the same at a time, where several do. */
export const TOGETHER = 64
/** Pages begin at one of so many places, and that many todos apart. */
const [PLACES, APART] = [200, 50]

export const DEVICE = { ip: '127.0.0.1', userAgent: null }

/** What the users of a crowd do, past HTTP, each time somebody else. */
export function worksOf(app: App, crowd: Crowd) {
  const { store } = app
  const anybody = () => todosOf(store, pick(crowd.users).id)
  const title = () => `Buy oat milk ${below(1e9)}`

  async function create() {
    const todos = anybody()
    const { id } = await todos.add({ ...blank, title: title() })
    await todos.purge(id)
  }

  function patch() {
    const { userId, id } = pick(crowd.sample)
    return todosOf(store, userId).patch(id, { title: title() })
  }

  /** The places in an order at which pages begin, up to one that so many todos come before. */
  async function placesAt(depth: number, sort: Sort) {
    const { todos } = store.tables
    const column = todos[columnOf(sort)]
    const [user] = crowd.users
    const rows = await store.db
      .select()
      .from(todos)
      .where(and(eq(todos.userId, user?.id as string), isNull(todos.deletedAt)))
      .orderBy(asc(column), asc(todos.id))
      .limit(Math.min(PLACES * APART, depth))
      .offset(Math.max(0, depth - PLACES * APART))
      .execute()
    return rows
      .filter((_, index) => index % APART === 0)
      .map(row => {
        const key = row[columnOf(sort)]
        return { id: row.id, key: key instanceof Date ? key.getTime() : key }
      })
  }

  return {
    get() {
      const { userId, id } = pick(crowd.sample)
      return todosOf(store, userId).get(id)
    },
    create,
    patch,
    createTogether: together(create),

    firstPage: (query: ListQuery) => () => anybody().list(query),

    /** A page of the first user, some way down the list. */
    async deepPage(query: ListQuery & { sort: Sort }, depth: number): Promise<Work> {
      const { limit, sort, ...filter } = query
      const list = [sort, Object.entries(filter)]
      const cursors = (await placesAt(depth, sort)).map(place => cursorAt(place, list))
      const todos = todosOf(store, crowd.users[0]?.id as string)
      return () => todos.list({ ...query, cursor: pick(cursors) })
    }
  }
}

const together = (work: Work) => () => Promise.all(Array.from({ length: TOGETHER }, work))
