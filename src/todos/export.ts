import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, asc, eq, gt, isNull, lt, type SQL, sql } from 'drizzle-orm'
import { given, statementsOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { type Due, NEVER } from './due.ts'
import { sweepsOf } from './sweep-slices.ts'
import { type Todo, todoOf } from './todo.ts'

/** Todos that are read at a time, so that memory does not grow with how many there are. */
const PAGE = 100

const statements = statementsOf('todos_export', (db, { todos }) => {
  const isTheUsers = eq(todos.userId, given(todos.userId, 'userId'))
  const page = (isMeant?: SQL) =>
    db
      .select()
      .from(todos)
      .where(and(isTheUsers, gt(todos.id, given(todos.id, 'after')), isMeant))
      .orderBy(asc(todos.id))
      .limit(PAGE)
  const point = sql`(${given(todos.dueKey, 'dueKey')}, ${given(todos.id, 'after')})`
  const dues = db
    .select({ id: todos.id, dueKey: todos.dueKey, due: todos.due })
    .from(todos)
    .where(
      and(
        isTheUsers,
        isNull(todos.deletedAt),
        lt(todos.dueKey, sql.raw(`'${NEVER}'`)),
        sql`(${todos.dueKey}, ${todos.id}) > ${point}`
      )
    )
    .orderBy(asc(todos.dueKey), asc(todos.id))
    .limit(PAGE)
  return { all: page(), listed: page(isNull(todos.deletedAt)), dues }
})

/**
 * A user's todos in the order of their ids, some at a time: the next ones are read when they are asked for. What is there
 * from begin to end comes exactly once, whatever is written meanwhile.
 * @param which `all`, with those in the trash, or those `listed`
 * @throws {StatementFailed} at any page
 */
export async function* todoPages(store: Store, userId: string, which: 'all' | 'listed') {
  const { reading } = sweepsOf(store)
  const page = (after: string) => reading(userId, () => statements(store)[which].execute({ userId, after }))
  let rows = await page('')
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows.map(todoOf)
    // A socket that takes all at once and a database that answers at once would leave no turn to other requests.
    await nextTurn()
    rows = await page(last.id)
  }
}

/** The due dates of the todos in a user's list, some at a time, too. */
export async function* duePages(store: Store, userId: string): AsyncGenerator<Due[]> {
  const page = statements(store).dues
  let rows = await page.execute({ userId, dueKey: '', after: '' })
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows.map(({ due }) => due as Due)
    await nextTurn()
    rows = await page.execute({ userId, dueKey: last.dueKey, after: last.id })
  }
}

/** Todos as lines (NDJSON), each as a function writes it. */
export async function* linesOf(pages: AsyncIterable<Todo[]>, write: (todo: Todo) => string) {
  for await (const todos of pages) yield todos.map(todo => `${write(todo)}\n`).join('')
}
