import { type BoundStatement, mayUseReserve, mustAffectRow, NoRowAffected } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { bindListCounts } from '../lists/counts.ts'
import { bindPurge } from '../purge.ts'
import { countBytes, type Growth, withQuota } from '../quota.ts'
import { insertTodo, isStandalone, updateTodo } from '../statements.ts'
import type { TodoRow } from '../tables.ts'
import type { RowChange } from '../todo.ts'
import { toChildGrowths } from '../tree/counts.ts'
import { createDraftRows } from './rows.ts'
import { createSiblings } from './siblings.ts'

/** The share of the reserve on a full disk that permanent deletes may use. */
const PURGE_RESERVE_SHARE = 0.5

/**
 * A unit of work: collects changes of a user's todos in memory, then writes them in one transaction, all or none. Reads see
 * the changes collected so far. A todo that somebody else has changed since its read is not overwritten.
 * @param isRetry whether an earlier draft of the same changes failed to commit
 */
export function createDraft(store: Store, userId: string, isRetry = false) {
  const rows = createDraftRows(store, userId, isRetry)
  const { find, findList, findTree, isRemoved, getChanges } = rows
  const extraStatements: BoundStatement[] = []

  /** Changes a todo, and the counts of its parents. @param row the todo as it is now */
  async function change(id: string, row: TodoRow | undefined): Promise<void> {
    const before = rows.has(id) ? await find(id) : undefined
    rows.set(id, row)
    for (const [parentId, growth] of toChildGrowths({ before, after: row })) {
      const parent = await find(parentId)
      if (!parent) continue
      rows.set(parentId, {
        ...parent,
        childCount: parent.childCount + growth.children,
        openChildCount: parent.openChildCount + growth.openChildren,
        revision: store.newId()
      })
    }
  }

  function toStatements({ id, before, after }: RowChange & { readonly id: string }): BoundStatement[] {
    const expected = before?.revision
    if (after && before)
      return [updateTodo(store, findChangedNames(before, after)).bind({ ...after, expected })].map(
        mustAffectRow
      )
    if (after) {
      const where = isRetry ? 'anywhere' : after.parentId === '' ? 'roots' : 'children'
      return [insertTodo(store, { where, isStandalone: isStandalone(after) }).bind(after)].map(mustAffectRow)
    }
    // A purge frees space, even on a full disk. It leaves room for others to sign out.
    return bindPurge(store, { id, userId, expected, completionCount: before?.completionCount }).map(
      statement => mayUseReserve(statement, PURGE_RESERVE_SHARE)
    )
  }

  /** What the changes add to the user's usage; negative where they free some. */
  function computeGrowth(): Growth {
    const growth = { todos: 0, bytes: 0 }
    for (const { before, after } of getChanges()) {
      growth.todos += Number(after !== undefined) - Number(before !== undefined)
      growth.bytes += (after ? countBytes(after) : 0) - (before ? countBytes(before) : 0)
    }
    return growth
  }

  /** Binds the statements that write the changes. All transactions lock rows in the same order, so no two wait for each other. */
  function bind(): BoundStatement[] {
    const changes = getChanges()
    return [...changes.flatMap(toStatements), ...bindListCounts(store, userId, changes), ...extraStatements]
  }

  return {
    find,
    findList,
    findTree,
    isRemoved,
    ...createSiblings(store, userId, rows, isRetry),

    /** Takes stored todos into the draft that was made for them. */
    take: rows.loadMissing,

    put: (row: TodoRow): Promise<void> => change(row.id, row),
    remove: (id: string): Promise<void> => change(id, undefined),

    bind,

    /** Adds a statement to the transaction. */
    add: (statement: BoundStatement): void => void extraStatements.push(statement),

    /** How many todos the draft changes so far. */
    countChanges: (): number => getChanges().length,

    /** @throws {Problem} `quota_exceeded` when the changes exceed the quota */
    assertWithinQuota: () => withQuota(store, userId, computeGrowth(), async () => {}),

    /**
     * Writes the changes in one transaction.
     * @param firstStatements run before the changes in the same transaction
     * @returns false when another write came in between: nothing was written, and the draft must be made anew
     * @throws {Problem} `quota_exceeded`
     * @throws {NoRowAffected} when one of the first statements affected no row, though it had to
     */
    async commit(firstStatements: readonly BoundStatement[]): Promise<boolean> {
      const changes = bind()
      if (changes.length + firstStatements.length === 0) return true
      try {
        await withQuota(store, userId, computeGrowth(), () =>
          store.atomically(...firstStatements, ...changes)
        )
        return true
      } catch (error) {
        if (error instanceof NoRowAffected && changes.some(({ name }) => name === error.statement.name))
          return false
        throw error
      }
    }
  }
}

/** The columns that differ. */
function findChangedNames(before: TodoRow, after: TodoRow): (keyof TodoRow)[] {
  // In the list where it was, whether it is archived may have changed meanwhile, which is no change of the todo.
  const isMoved = after.listId !== before.listId
  return (Object.keys(after) as (keyof TodoRow)[]).filter(
    name => after[name] !== before[name] || (isMoved && name === 'isArchived')
  )
}

export type Draft = ReturnType<typeof createDraft>
