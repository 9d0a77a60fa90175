import { and, eq, sql } from 'drizzle-orm'
import { given, statementsOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { positionOf } from './position.ts'
import { columnsOf, contentOf } from './todo.ts'

/** Todos that are read at a time. */
const BATCH = 500

const statements = statementsOf('todos_upgrade', (db, { todos }) => {
  // A literal, for which both engines use the index of just these rows.
  const isOld = sql`terms = ''`
  return {
    old: db.select().from(todos).where(isOld).limit(sql.placeholder('limit')),
    fill: db
      .update(todos)
      .set({
        position: given(todos.position, 'position'),
        titleKey: given(todos.titleKey, 'titleKey'),
        terms: given(todos.terms, 'terms')
      })
      .where(and(eq(todos.userId, given(todos.userId, 'userId')), eq(todos.id, given(todos.id, 'id')), isOld))
      .returning({ id: todos.id })
  }
})

/** Gives the todos of version 0.1 their place in the list and what they are searched by, which no SQL can make. */
export async function upgradeTodos(store: Store): Promise<void> {
  const { old, fill } = statements(store)
  for (;;) {
    const rows = await old.execute({ limit: BATCH })
    const [first, ...rest] = rows.map(row =>
      fill.with({ ...row, ...columnsOf(row.userId, contentOf(row)), position: positionOf(row.id) })
    )
    if (!first) return
    await store.atomically(first, ...rest)
  }
}
