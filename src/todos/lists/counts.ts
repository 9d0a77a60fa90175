import { type BoundStatement, mustAffectRow } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import type { TodoRow } from '../tables.ts'
import { isListed, type RowChange } from '../todo.ts'
import { listCountChanges } from './statements.ts'

/** What changes of todos mean for a list. */
interface ListGrowth {
  open: number
  /** Whether todos come into the list, archived as they were made for it; undefined if none does. */
  isArchived: boolean | undefined
}

/**
 * Binds what changes of todos mean for their lists: the open todos are counted, and a list that todos come into must be there.
 */
export function bindListCounts(
  store: Store,
  userId: string,
  changes: readonly RowChange[]
): BoundStatement[] {
  const growthByList = new Map<string, ListGrowth>()
  const add = (row: TodoRow | undefined, sign: 1 | -1) => {
    if (!row || row.listId === '') return
    const growth = growthByList.get(row.listId) ?? { open: 0, isArchived: undefined }
    growth.open += isCounted(row) ? sign : 0
    growthByList.set(row.listId, growth)
  }
  for (const { before, after } of changes) {
    add(before, -1)
    add(after, 1)
    const growth = after && growthByList.get(after.listId)
    if (growth && isEntering({ before, after })) growth.isArchived = after.isArchived
  }
  const { count, enter } = listCountChanges(store)
  return [...growthByList].flatMap(([id, { open: growth, isArchived }]) => {
    const params = { id, userId, growth, revision: store.newId() }
    if (isArchived !== undefined) return mustAffectRow(enter.bind({ ...params, isArchived }))
    return growth === 0 ? [] : count.bind(params)
  })
}

/** Whether a todo counts as open in its list: the list brings back what was deleted with it. */
const isCounted = (row: TodoRow): boolean => !row.done && (isListed(row) || row.deletedWith === row.listId)

const isEntering = ({ before, after }: { before: TodoRow | undefined; after: TodoRow }): boolean =>
  isListed(after) && (before === undefined || before.listId !== after.listId || !isListed(before))
