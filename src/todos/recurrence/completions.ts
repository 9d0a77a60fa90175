import { and, desc, eq, lt, sql } from 'drizzle-orm'
import type { BoundStatement, Rows } from '../../db/bound-statement.ts'
import { param, paramRow, prepareStatements } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import type { Page } from '../../http/cursor.ts'
import { prepareChanges } from '../../sync/sequence.ts'
import type { Due } from '../content/due.ts'
import { MAX_COMPLETIONS } from '../limits.ts'
import { parseCursor, toCursor } from '../query/cursor.ts'
import { type CompletionRow, todoTables } from '../tables.ts'

/** An occurrence that was completed, as the answer to its completion has it. */
export interface CompletedOccurrence {
  readonly id: string
  /** The due date that the todo had. */
  readonly occurrence: Due
  readonly completedAt: Date
}

/** The same in the list of completions. */
export interface Completion extends CompletedOccurrence {
  /** The session of the request that completed it. */
  readonly sessionId: string | null
}

export const toCompletedOccurrence = ({ id, occurrence, completedAt }: CompletedOccurrence) => ({
  id,
  occurrence,
  completedAt
})

const changes = prepareChanges('completions', todoTables, (db, { completions }, changeNumber) => {
  const { seq: _seq, ...row } = paramRow(completions)
  return {
    insert: db
      .insert(completions)
      .values({ ...row, changeNumber })
      .returning({ id: completions.id })
  }
})

const statements = prepareStatements('completions', todoTables, (db, { completions }) => {
  const belongsToUser = eq(completions.userId, param(completions.userId, 'userId'))
  const isOfTodo = and(belongsToUser, eq(completions.todoId, param(completions.todoId, 'todoId')))
  const isThisOne = and(isOfTodo, eq(completions.id, param(completions.id, 'id')))
  return {
    find: db.select().from(completions).where(isThisOne),
    /** The latest ones before a change, newest first. */
    findBefore: db
      .select()
      .from(completions)
      .where(and(isOfTodo, lt(completions.changeNumber, param(completions.changeNumber, 'before'))))
      .orderBy(desc(completions.changeNumber))
      .limit(sql.placeholder('limit')),
    /** The one that is too many after another has been added. */
    deleteOldest: db
      .delete(completions)
      .where(
        and(
          isOfTodo,
          eq(
            completions.id,
            db
              .select({ id: completions.id })
              .from(completions)
              .where(isOfTodo)
              .orderBy(desc(completions.changeNumber), desc(completions.id))
              .limit(1)
              .offset(MAX_COMPLETIONS)
          )
        )
      )
      .returning({ id: completions.id }),
    deleteOne: db.delete(completions).where(isThisOne).returning({ id: completions.id }),
    deleteOfTodo: db.delete(completions).where(isOfTodo).returning({ id: completions.id })
  }
})

/** A todo of a user. */
interface TodoKey {
  readonly userId: string
  readonly todoId: string
}

/** The statement that stores a completion. */
export const bindInsertCompletion = (
  store: Store,
  completion: Omit<CompletionRow, 'changeNumber'>
): BoundStatement<Rows> => changes(store).insert.bind(completion)

/** The statement that deletes the oldest completion of a todo that has one too many. */
export const bindDeleteOldestCompletion = (store: Store, { userId, todoId }: TodoKey): BoundStatement =>
  statements(store).deleteOldest.bind({ userId, todoId })

/** The statement that deletes a completion. */
export const bindDeleteCompletion = (store: Store, completion: TodoKey & { id: string }): BoundStatement =>
  statements(store).deleteOne.bind({ ...completion })

/** The statement that deletes all completions of a todo. */
export const bindDeleteCompletions = (store: Store, { userId, todoId }: TodoKey): BoundStatement =>
  statements(store).deleteOfTodo.bind({ userId, todoId })

/** Finds a completion of a todo. */
export async function findCompletion(
  store: Store,
  { userId, todoId, id }: TodoKey & { readonly id: string }
): Promise<CompletionRow | undefined> {
  const [completion] = await statements(store).find.execute({ userId, todoId, id })
  return completion
}

/** Finds the latest completion of a todo. */
export async function findLatestCompletion(
  store: Store,
  { userId, todoId }: TodoKey
): Promise<CompletionRow | undefined> {
  const [completion] = await statements(store).findBefore.execute({ userId, todoId, before: END, limit: 1 })
  return completion
}

/** Which page of the completions. */
export interface CompletionsPage {
  readonly limit: number
  readonly cursor?: string
}

/** After the last change. */
const END = Number.MAX_SAFE_INTEGER

/**
 * A page of the completions of a todo, newest first.
 * @throws {Problem} `validation_failed` when the cursor is of another list
 */
export async function listCompletions(
  store: Store,
  { userId, todoId }: TodoKey,
  { limit, cursor }: CompletionsPage
): Promise<Page<Completion>> {
  const listIdentity = ['completions', todoId]
  const before = cursor === undefined ? END : parseCursor(cursor, listIdentity, Number.isSafeInteger).key
  const params = { userId, todoId, before, limit: limit + 1 }
  const rows = await statements(store).findBefore.execute(params)
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return {
    items: rows.slice(0, limit).map(row => ({ ...toCompletedOccurrence(row), sessionId: row.sessionId })),
    nextCursor: last ? toCursor({ key: last.changeNumber, id: last.id }, listIdentity) : null
  }
}
