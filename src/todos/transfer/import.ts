import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../../db/store.ts'
import { type IdempotentResult, type ReplayHandler, withIdempotency } from '../../idempotency/idempotency.ts'
import { defaults } from '../content/content.ts'
import { sumGrowth, withQuota } from '../quota.ts'
import type { TodoRow } from '../tables.ts'
import { createTurns } from '../turns.ts'
import { createLineId, fingerprintLines } from './import-ids.ts'
import { assertValidLines, type IdentifiedLine, type LineCheck, parseLine, toSlices } from './import-lines.ts'
import { compareLines, createNotes, type ImportNote, type Notes } from './import-notes.ts'
import {
  insertPlaced,
  isPlaced,
  type PlacedLine,
  type PlacementNote,
  readLevels
} from './import-placements.ts'
import { createPositionAssigner, findExistingPositions, type PositionedLine } from './import-positions.ts'
import { insertRows, toImportedRow } from './import-rows.ts'

/** Milliseconds between two writes for other requests, those of other processes on a SQLite file included. */
const WRITE_PAUSE = 5

/** How many todos were created, and how many existed already. */
interface Counts {
  readonly created: number
  readonly existing: number
}

export interface ImportResult extends Counts {
  /** What was not taken over. */
  readonly notes: readonly ImportNote[]
}

/** An import that takes effect once. */
export interface ImportRequest {
  readonly userId: string
  readonly text: string
  /** The Idempotency-Key. Without one, a line without an id creates another todo each time. */
  readonly key: string | undefined
  /** Checks the value of a line. */
  readonly check: LineCheck
  /** Tells requests apart; by default made from the lines. */
  readonly fingerprint?: string
  /** Of what is not in the lines. */
  readonly notes?: readonly ImportNote[]
  /** Says which place a todo did not get. */
  readonly notePlacement?: (notes: Notes, note: PlacementNote) => void
}

/**
 * Creates the todos of the lines of a text. A todo whose id exists already stays unchanged. The import is several writes:
 * when one fails, the earlier ones have taken effect, and the same import again does the rest.
 * @throws {Problem} `validation_failed` with the errors of all lines, before the first write
 * @throws {Problem} `idempotency_key_in_use`, `idempotency_key_reused`, `quota_exceeded`
 * @throws {StatementError}
 */
export async function importTodos(
  store: Store,
  { userId, text, key, check, notes = [], notePlacement = noteLinePlacement, ...request }: ImportRequest
): Promise<IdempotentResult<ImportResult>> {
  await assertValidLines(text, check)
  async function run(newId: Insertion['newId']): Promise<ImportResult> {
    const placementNotes = createNotes()
    const insertion = {
      userId,
      text,
      newId,
      notePlacement: (note: PlacementNote) => notePlacement(placementNotes, note)
    }
    const counts = await importWithinQuota(store, insertion)
    return { ...counts, notes: [...notes, ...placementNotes.toList()].sort(compareLines) }
  }
  if (key === undefined) return { answer: await run(store.newId), isReplay: false }

  const fingerprint = request.fingerprint ?? (await fingerprintLines(text))
  return withIdempotency(
    store,
    { userId, key, request: ['import', fingerprint] },
    resultReplayHandler,
    async storeAnswer => {
      const imported = await run(number => createLineId(userId, key, fingerprint, number))
      // After a crash before this write, the repetition finds the created todos by their ids.
      await store.atomically(...storeAnswer(imported))
      return imported
    }
  )
}

const noteLinePlacement = (notes: Notes, { number, member, detail }: PlacementNote) =>
  notes.add(number + 1, `${member} was left out: it ${detail}`)

/** Stores the result itself. */
const resultReplayHandler: ReplayHandler<ImportResult, ImportResult> = {
  identify: imported => imported,
  replay: async stored => stored
}

interface Insertion {
  readonly userId: string
  readonly text: string
  /** Makes the id for a line without one, by the number of the line. */
  readonly newId: (line: number) => string
  readonly notePlacement: (note: PlacementNote) => void
}

async function importWithinQuota(store: Store, insertion: Insertion): Promise<Counts> {
  const { userId } = insertion
  const { growth, hasPlaces } = await computeGrowth(store, insertion)
  if (!hasPlaces)
    return withQuota(store, userId, growth, () => insertLines(store, insertion, (_rows, write) => write()))
  // The places are found todo by todo, and so the quota is used.
  await withQuota(store, userId, growth, async () => {})
  return insertLines(store, insertion, (rows, write) => withQuota(store, userId, sumGrowth(rows), write))
}

/** Writes rows that are not in the database yet. */
type WriteRows = (rows: readonly TodoRow[], write: () => Promise<number>) => Promise<number>

/** Inserts the todos of the lines, parents before their subtasks. */
async function insertLines(
  store: Store,
  { userId, text, newId, notePlacement }: Insertion,
  writeRows: WriteRows
): Promise<Counts> {
  const assignPositions = createPositionAssigner(store, userId)
  const getLevel = await readLevels(text)
  const counts = { created: 0, existing: 0 }
  let hasMore = true
  for (let level = 0; hasMore; level += 1) {
    hasMore = false
    for (const { firstLine, lines } of toSlices(text)) {
      const identifiedLines = assignIds(lines, firstLine, newId)
      const linesOfLevel = identifiedLines.filter(line => getLevel(line) === level)
      hasMore ||= identifiedLines.some(line => getLevel(line) > level)
      await nextTurn()
      if (linesOfLevel.length === 0) continue
      const added = await insertSlice(await assignPositions(linesOfLevel))
      counts.created += added
      counts.existing += linesOfLevel.length - added
      await sleep(WRITE_PAUSE)
    }
  }
  return counts

  async function insertSlice(lines: readonly PositionedLine[]): Promise<number> {
    const giveTurn = createTurns()
    const todos: PlacedLine[] = []
    for (const line of lines) {
      todos.push({ line, row: toImportedRow(store, userId, line) })
      await giveTurn()
    }
    const rows = todos.filter(({ line }) => !isPlaced(line)).map(({ row }) => row)
    await nextTurn()
    const added = rows.length > 0 ? await writeRows(rows, () => insertRows(store, userId, rows)) : 0
    const placed = await insertPlaced(
      store,
      userId,
      todos.filter(({ line }) => isPlaced(line))
    )
    for (const note of placed.notes) notePlacement(note)
    return added + placed.added
  }
}

function assignIds(lines: readonly string[], firstLine: number, newId: (line: number) => string) {
  return lines.map((line, index): IdentifiedLine => {
    const number = firstLine + index
    const todo = parseLine(line)
    return { ...todo, id: todo.id ?? newId(number), number }
  })
}

/** What an import adds to the user's usage, and whether any of its new todos names a list or a parent. */
async function computeGrowth(store: Store, { userId, text, newId }: Insertion) {
  const growth = { todos: 0, bytes: 0 }
  let hasPlaces = false
  for (const { firstLine, lines } of toSlices(text)) {
    const todos = assignIds(lines, firstLine, newId)
    const existingTodos = await findExistingPositions(
      store,
      userId,
      todos.map(({ id }) => id)
    )
    const newTodos = todos.filter(({ id }) => !existingTodos.has(id))
    const added = sumGrowth(newTodos.map(todo => ({ ...defaults, ...todo })))
    growth.todos += added.todos
    growth.bytes += added.bytes
    hasPlaces ||= newTodos.some(isPlaced)
    await nextTurn()
  }
  return { growth, hasPlaces }
}
