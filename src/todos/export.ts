import { setImmediate as nextTurn } from 'node:timers/promises'
import { and, asc, eq, gt, isNull, type SQL } from 'drizzle-orm'
import { given, statementsOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
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
  return { all: page(), listed: page(isNull(todos.deletedAt)) }
})

/**
 * A user's todos in the order of their ids, some at a time: the next ones are read when they are asked for. What is there
 * from begin to end comes exactly once, whatever is written meanwhile.
 * @param which `all`, with those in the trash, or those `listed`
 * @throws {StatementFailed} at any page
 */
export async function* todoPages(store: Store, userId: string, which: 'all' | 'listed') {
  const page = statements(store)[which]
  let rows = await page.execute({ userId, after: '' })
  for (let last = rows.at(-1); last; last = rows.at(-1)) {
    yield rows.map(todoOf)
    // A socket that takes all at once and a database that answers at once would leave no turn to other requests.
    await nextTurn()
    rows = await page.execute({ userId, after: last.id })
  }
}

/** Todos as lines (NDJSON), each as a function writes it. */
export async function* linesOf(pages: AsyncIterable<Todo[]>, write: (todo: Todo) => string) {
  for await (const todos of pages) yield todos.map(todo => `${write(todo)}\n`).join('')
}
