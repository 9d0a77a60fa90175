import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '../../db/store.ts'
import { createBulkUpdates } from '../bulk/bulk-updates.ts'
import { createDraft, type Draft } from '../draft/draft.ts'
import { MAX_DEPTH } from '../limits.ts'
import type { TodoRow } from '../tables.ts'
import { INBOX_ROW, isListed, type RowPlacement } from '../todo.ts'
import { findPlacement, isFault, type PlacementFault, putInPlace } from '../tree/placement.ts'
import type { ImportLine } from './import-line.ts'
import { parseLine, toSlices } from './import-lines.ts'
import type { PositionedLine } from './import-positions.ts'

/** A line, and the row of its todo but for its placement. */
export interface PlacedLine {
  readonly line: PositionedLine
  readonly row: TodoRow
}

/** A place that a todo did not get. */
export interface PlacementNote extends PlacementFault {
  /** The number of the line, from 0. */
  readonly number: number
}

/** The last level that is told apart: lines are on it that are below too many others, or below themselves. */
const LAST_LEVEL = MAX_DEPTH + 1
/** Todos in a transaction. */
const CHUNK_SIZE = 20

/**
 * Finds out how many todos of a text are above each line. Level by level, parents come before their subtasks.
 * @returns the level of a line
 */
export async function readLevels(text: string): Promise<(line: ImportLine) => number> {
  const parents = new Map<string, string>()
  for (const { lines } of toSlices(text)) {
    for (const { id, parentId } of lines.map(parseLine)) if (id && parentId) parents.set(id, parentId)
    await nextTurn()
  }
  return function getLevel({ parentId }) {
    let level = 0
    for (let id = parentId; id && level < LAST_LEVEL; id = parents.get(id)) level += 1
    return level
  }
}

/** Whether a line names a list or a parent. */
export const isPlaced = ({ listId, parentId }: ImportLine): boolean => Boolean(listId || parentId)

/**
 * Inserts todos in their lists and below their parents. One whose place cannot be had goes without: to the top of its list, or
 * to the inbox. A todo that is there already stays as it is.
 * @returns how many todos were inserted, and the places that they did not get
 * @throws {Problem} `quota_exceeded`
 * @throws {StatementError}
 */
export async function insertPlaced(store: Store, userId: string, todos: readonly PlacedLine[]) {
  const notes: PlacementNote[] = []
  let added = 0
  for (let start = 0; start < todos.length; start += CHUNK_SIZE) {
    const inserted = await insertChunk(store, userId, todos.slice(start, start + CHUNK_SIZE))
    added += inserted.added
    notes.push(...inserted.notes)
  }
  return { added, notes }
}

async function insertChunk(store: Store, userId: string, todos: readonly PlacedLine[]) {
  for (;;) {
    await createBulkUpdates(store).finishPending(userId)
    // Positions are those of the lines, so nothing must be at the bottom.
    const draft = createDraft(store, userId, true)
    const notes: PlacementNote[] = []
    let added = 0
    for (const { line, row } of todos) {
      if (await draft.find(line.id)) continue
      const placement = await findPlace(draft, line, notes)
      const placed = { ...row, ...placement, deletedWith: await findDeletion(draft, row, placement) }
      if (placement.parentId === '') await draft.put(placed)
      else await putInPlace(draft, store, placed, placement)
      added += 1
    }
    if (await draft.commit([])) return { added, notes }
  }
}

/** Finds the place of a line, or what is left of it. */
async function findPlace(draft: Draft, line: PositionedLine, notes: PlacementNote[]): Promise<RowPlacement> {
  const { number, listId = null, parentId = null, deletedAt } = line
  // A subtask of a todo in the trash can only be in the trash.
  const isParent = deletedAt ? () => true : isListed
  const places = parentId === null ? [] : [{ listId: undefined, parentId }]
  for (const place of [...places, { listId, parentId: null }]) {
    const found = await findPlacement(draft, undefined, place, isParent)
    if (!isFault(found)) return found
    notes.push({ number, ...found })
  }
  return INBOX_ROW
}

/** What was deleted in the same instant as its parent was deleted with it. */
async function findDeletion(
  draft: Draft,
  { deletedAt, deletedWith }: TodoRow,
  { parentId }: RowPlacement
): Promise<string> {
  const parent = parentId === '' ? undefined : await draft.find(parentId)
  const isOneAct = deletedAt !== null && parent?.deletedAt?.getTime() === deletedAt.getTime()
  return isOneAct ? parent.deletedWith : deletedWith
}
