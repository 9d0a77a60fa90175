import type { TodoRow } from '../tables.ts'
import { isListed, type RowChange } from '../todo.ts'

/** What a change adds to the counts of a parent; negative where it takes something away. */
export interface ChildGrowth {
  readonly children: number
  readonly openChildren: number
}

/** What a change of a todo adds to the counts of its parent, and of the parent before; without those that stay the same. */
export function toChildGrowths({ before, after }: RowChange): [parentId: string, growth: ChildGrowth][] {
  const [old, current] = [toShare(before), toShare(after)]
  if (before?.parentId === after?.parentId)
    return toEntry(after?.parentId, {
      children: current.children - old.children,
      openChildren: current.openChildren - old.openChildren
    })
  const loss = { children: -old.children, openChildren: -old.openChildren }
  return [...toEntry(before?.parentId, loss), ...toEntry(after?.parentId, current)]
}

const toShare = (row: TodoRow | undefined): ChildGrowth => {
  const isCounted = row !== undefined && (isListed(row) || wasDeletedWithParent(row))
  return { children: Number(isCounted), openChildren: Number(isCounted && !row.done) }
}

/** What was deleted with another todo or with its list comes back with its parent, and counts all the while. */
const wasDeletedWithParent = ({ id, deletedWith }: TodoRow): boolean =>
  deletedWith !== '' && deletedWith !== id

const toEntry = (parentId: string | undefined, growth: ChildGrowth): [string, ChildGrowth][] =>
  parentId && (growth.children !== 0 || growth.openChildren !== 0) ? [[parentId, growth]] : []
