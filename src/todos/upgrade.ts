import { and, eq, sql } from 'drizzle-orm'
import { param, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { toPosition } from './position.ts'
import { toColumns, toContent } from './todo.ts'

/** Todos that are read at a time. */
const BATCH_SIZE = 500

const statements = prepareStatements('todos_upgrade', (db, { todos }) => {
  // A literal, for which both engines use the index of just these rows.
  const isOutdated = sql`terms = ''`
  return {
    findOutdated: db.select().from(todos).where(isOutdated).limit(sql.placeholder('limit')),
    fillColumns: db
      .update(todos)
      .set({
        position: param(todos.position, 'position'),
        titleKey: param(todos.titleKey, 'titleKey'),
        terms: param(todos.terms, 'terms')
      })
      .where(
        and(eq(todos.userId, param(todos.userId, 'userId')), eq(todos.id, param(todos.id, 'id')), isOutdated)
      )
      .returning({ id: todos.id })
  }
})

/** Gives the todos of version 0.1 their place in the list and what they are searched by, which no SQL can make. */
export async function upgradeTodos(store: Store): Promise<void> {
  const { findOutdated: old, fillColumns: fill } = statements(store)
  for (;;) {
    const rows = await old.execute({ limit: BATCH_SIZE })
    const [first, ...rest] = rows.map(row =>
      fill.bind({ ...row, ...toColumns(row.userId, toContent(row)), position: toPosition(row.id) })
    )
    if (!first) return
    await store.atomically(first, ...rest)
  }
}
