import type { Store } from '../../db/store.ts'
import type { Draft } from '../draft/draft.ts'
import { isRecurring } from '../recurrence/recurring.ts'
import type { SeriesOperations } from '../recurrence/series-operations.ts'
import type { TodoRow } from '../tables.ts'
import {
  type Content,
  isListed,
  nextUpdateTime,
  type RowPlacement,
  replaceContent,
  type Todo,
  toContent,
  toPlacement,
  toTodo
} from '../todo.ts'
import { isSamePlacement, putInPlace, resolvePlacement } from '../tree/placement.ts'
import { findDescendants } from '../tree/tree.ts'
import { applyPlacementPatch, type PlacementPatch } from './placement.ts'

/** What a change depends on beside the todo. */
interface ChangeContext {
  /** To the object of the request that names the place. */
  readonly pointer?: string
  /** Of whoever changes the todo. */
  readonly timeZone?: string | undefined
}

/** Changes of what todos hold, on a draft. */
export function createContentChanges(
  { now, newId }: Pick<Store, 'now' | 'newId'>,
  draft: Draft,
  series: Pick<SeriesOperations, 'complete' | 'completeLast'>
) {
  /**
   * Gives a todo another content, and another place where the request names one. What makes a recurring todo done completes its
   * present occurrence.
   */
  async function change(
    row: TodoRow,
    content: Content,
    requested: PlacementPatch,
    { pointer = '', timeZone }: ChangeContext = {}
  ): Promise<Todo> {
    const isCompleting = content.done && !row.done
    const isOpen = isCompleting && content.series !== null
    const changed = await apply(row, isOpen ? { ...content, done: false } : content, requested, pointer)
    if (isCompleting && isRecurring(changed)) return series.complete(changed, timeZone)
    if (isCompleting && isRecurring(row)) return series.completeLast(row, changed)
    return toTodo(changed)
  }

  async function apply(
    row: TodoRow,
    content: Content,
    requested: PlacementPatch,
    pointer: string
  ): Promise<TodoRow> {
    const changed = replaceContent(row, content, now(), newId())
    const placement = await resolveChange(row, requested, pointer)
    if (isSamePlacement(row, placement)) {
      await draft.put(changed)
      return changed
    }
    const updatedAt = nextUpdateTime(row, now())
    return putInPlace(draft, { newId }, { ...changed, updatedAt, revision: newId() }, placement)
  }

  /** Where a todo is to be; where it is, as far as the request says so. */
  async function resolveChange(
    row: TodoRow,
    requested: PlacementPatch,
    pointer: string
  ): Promise<RowPlacement> {
    const current = toPlacement(row)
    const requestedPlacement = applyPlacementPatch(current, requested)
    const { listId = current.listId, parentId } = requestedPlacement
    const isPresent = listId === current.listId && parentId === current.parentId
    return isPresent ? row : resolvePlacement(draft, row, requestedPlacement, pointer)
  }

  /** Completes the subtasks of a todo that are open: the lowest ones first. @returns the todo with its new counts */
  async function completeDescendants(row: TodoRow, timeZone?: string): Promise<TodoRow> {
    const descendants = row.childCount === 0 ? [] : await findDescendants(draft, row)
    for (const { id } of descendants.toReversed()) {
      const descendant = await draft.find(id)
      if (descendant && isListed(descendant) && !descendant.done)
        await change(
          descendant,
          { ...toContent(descendant), series: descendant.series, done: true },
          {},
          { timeZone }
        )
    }
    return { ...row, ...(await draft.find(row.id)) }
  }

  return { change, completeDescendants }
}
