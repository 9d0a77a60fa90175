import { and, asc, eq, isNull } from 'drizzle-orm'
import type { buildApp } from '../../src/app.ts'
import { allTables } from '../../src/features.ts'
import { toCursor } from '../../src/todos/query/cursor.ts'
import type { ListQuery } from '../../src/todos/query/list-query.ts'
import { getSortColumn, type Sort } from '../../src/todos/query/sort.ts'
import { createTodos } from '../../src/todos/todos.ts'
import type { Task } from './comparison.ts'
import { type Population, pick, randomBelow } from './population.ts'

export type App = Awaited<ReturnType<typeof buildApp>>

/** How many do the same at a time, where several do. */
export const CONCURRENCY = 64
/** Pages begin at one of so many places, and that many todos apart. */
const [CURSOR_POSITIONS, POSITION_SPACING] = [200, 50]

export const DEVICE = { ip: '127.0.0.1', userAgent: null }

/** What the users of a crowd do, past HTTP, each time somebody else. */
export function createTodoTasks(app: App, population: Population) {
  const { store } = app
  const pickUserTodos = () => createTodos(store, pick(population.users).id)
  const title = () => `Buy oat milk ${randomBelow(1e9)}`

  async function create() {
    const todos = pickUserTodos()
    const { answer } = await todos.create({ title: title() })
    await todos.edit(({ purge }) => purge(answer.id))
  }

  function patch() {
    const { userId, id } = pick(population.sample)
    return createTodos(store, userId).edit(({ patch }) => patch(id, { title: title() }))
  }

  /** The places in an order at which pages begin, up to one that so many todos come before. */
  async function findCursorPositions(depth: number, sort: Sort) {
    const { todos } = allTables(store.kit)
    const column = todos[getSortColumn(sort)]
    const [user] = population.users
    const rows = await store.db
      .select()
      .from(todos)
      .where(and(eq(todos.userId, user?.id as string), isNull(todos.deletedAt)))
      .orderBy(asc(column), asc(todos.id))
      .limit(Math.min(CURSOR_POSITIONS * POSITION_SPACING, depth))
      .offset(Math.max(0, depth - CURSOR_POSITIONS * POSITION_SPACING))
      .execute()
    return rows
      .filter((_, index) => index % POSITION_SPACING === 0)
      .map(row => {
        const key = row[getSortColumn(sort)]
        return { id: row.id, key: key instanceof Date ? key.getTime() : key }
      })
  }

  return {
    get() {
      const { userId, id } = pick(population.sample)
      return createTodos(store, userId).get(id)
    },
    create,
    patch,
    createTogether: concurrently(create),

    firstPage: (query: ListQuery) => () => pickUserTodos().list(query),

    /** A page of the first user, some way down the list. */
    async deepPage(query: ListQuery & { sort: Sort }, depth: number): Promise<Task> {
      const { limit, sort, ...filter } = query
      const list = [sort, Object.entries(filter)]
      const cursors = (await findCursorPositions(depth, sort)).map(position => toCursor(position, list))
      const todos = createTodos(store, population.users[0]?.id as string)
      return () => todos.list({ ...query, cursor: pick(cursors) })
    }
  }
}

const concurrently = (task: Task) => () => Promise.all(Array.from({ length: CONCURRENCY }, task))
