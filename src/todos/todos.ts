import { and, asc, eq, gt, sql } from 'drizzle-orm'
import { idBefore, type Page, pageOf } from '../db/cursor.ts'
import type { TodoRow } from '../db/schema.ts'
import { given, givenRow, statementsOf } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'

export type Todo = Omit<TodoRow, 'userId' | 'version'>

/** What the user decides about a todo. */
export type TodoContent = Pick<Todo, 'title' | 'description' | 'done'>

const statements = statementsOf('todos', (db, { todos }) => {
  const isTheUsers = eq(todos.userId, given(todos.userId, 'userId'))
  const isTheOne = and(eq(todos.id, given(todos.id, 'id')), isTheUsers)
  return {
    add: db.insert(todos).values(givenRow(todos)).returning(),
    find: db.select().from(todos).where(isTheOne),
    page: db
      .select()
      .from(todos)
      .where(and(isTheUsers, gt(todos.id, given(todos.id, 'after'))))
      .orderBy(asc(todos.id))
      .limit(sql.placeholder('limit')),
    write: db
      .update(todos)
      .set({
        version: sql`${todos.version} + 1`,
        title: given(todos.title, 'title'),
        description: given(todos.description, 'description'),
        done: given(todos.done, 'done'),
        updatedAt: given(todos.updatedAt, 'updatedAt'),
        completedAt: given(todos.completedAt, 'completedAt')
      })
      .where(and(isTheOne, eq(todos.version, given(todos.version, 'version'))))
      .returning(),
    remove: db.delete(todos).where(isTheOne).returning()
  }
})

/** A user's todos. Another user's are not among them: the owner is part of every condition. */
export function todosOf(store: Store, userId: string) {
  const { add, find, page, write, remove } = statements(store)

  async function get(id: string): Promise<TodoRow> {
    return existing(await find.execute({ id, userId }))
  }

  return {
    get,

    async add(content: TodoContent): Promise<Todo> {
      const now = store.now()
      const completedAt = content.done ? now : null
      const times = { createdAt: now, updatedAt: now, completedAt }
      const rows = await add.execute({ id: store.newId(), userId, version: 1, ...trimmed(content), ...times })
      return existing(rows)
    },

    /** The todos from the cursor on, oldest first; it costs the same at any depth. */
    async list(limit: number, cursor?: string): Promise<Page<Todo>> {
      const after = cursor === undefined ? '' : idBefore(cursor)
      return pageOf(await page.execute({ userId, after, limit: limit + 1 }), limit)
    },

    /**
     * Writes what the changes alter; a field that they leave out stays as it is, and when nothing is altered nothing is
     * written. Tried again when another write came in between.
     */
    async update(id: string, changes: Partial<TodoContent>): Promise<Todo> {
      const present = await get(id)
      const next = { ...present, ...trimmed(changes) }
      if (sameContent(present, next)) return present

      const now = store.now()
      const completedAt = next.done ? (present.completedAt ?? now) : null
      const [written] = await write.execute({ ...next, updatedAt: now, completedAt })
      return written ?? this.update(id, changes)
    },

    async remove(id: string): Promise<Todo> {
      return existing(await remove.execute({ id, userId }))
    }
  }
}

function existing([todo]: TodoRow[]): TodoRow {
  if (!todo) throw new Problem('todo_not_found')
  return todo
}

const trimmed = <Content extends Partial<TodoContent>>(content: Content): Content =>
  content.title === undefined ? content : { ...content, title: content.title.trim() }

const sameContent = (a: TodoContent, b: TodoContent) =>
  a.title === b.title && a.description === b.description && a.done === b.done
