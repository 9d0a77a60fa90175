import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { BoundStatement } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { type IdempotentResult, type ReplayHandler, withIdempotency } from '../../idempotency/idempotency.ts'
import { type Fault, MAX_ERRORS, validationFailed } from '../../problems/problem.ts'
import { prepareChange } from '../../sync/sequence.ts'
import { defaults } from '../content/content.ts'
import { MAX_IMPORT_LINES } from '../limits.ts'
import { countBytes, withQuota } from '../quota.ts'
import { type TodoRow, todoTables } from '../tables.ts'
import { INBOX_ROW, NO_HISTORY, toColumns } from '../todo.ts'
import { createLineId, fingerprintLines } from './import-ids.ts'
import { findLineErrors, type IdentifiedLine, type LineCheck, parseLine, toSlices } from './import-lines.ts'
import { createPositionAssigner, findExistingPositions, type PositionedLine } from './import-positions.ts'

/** Milliseconds between two writes for other requests, those of other processes on a SQLite file included. */
const WRITE_PAUSE = 5

/** How many todos were created, and how many existed already. */
export interface ImportResult {
  readonly created: number
  readonly existing: number
}

/** An import that takes effect once. */
export interface ImportRequest {
  readonly userId: string
  readonly text: string
  /** The Idempotency-Key. Without one, a line without an id creates another todo each time. */
  readonly key: string | undefined
  /** Checks the value of a line. */
  readonly check: LineCheck
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
  { userId, text, key, check }: ImportRequest
): Promise<IdempotentResult<ImportResult>> {
  await assertValidLines(text, check)
  if (key === undefined)
    return { answer: await importWithinQuota(store, userId, text, store.newId), isReplay: false }

  const fingerprint = await fingerprintLines(text)
  const request = ['import', fingerprint]
  return withIdempotency(store, { userId, key, request }, countsReplayHandler, async storeAnswer => {
    const imported = await importWithinQuota(store, userId, text, number =>
      createLineId(userId, key, fingerprint, number)
    )
    // After a crash before this write, the repetition finds the created todos by their ids.
    await store.atomically(...storeAnswer(imported))
    return imported
  })
}

/** Stores the counts themselves. */
const countsReplayHandler: ReplayHandler<ImportResult, ImportResult> = {
  identify: imported => imported,
  replay: async stored => stored
}

/** @param newId makes the id for a line without one, by the number of the line */
async function importWithinQuota(
  store: Store,
  userId: string,
  text: string,
  newId: (line: number) => string
): Promise<ImportResult> {
  const growth = await computeGrowth(store, userId, text, newId)
  return withQuota(store, userId, growth, () => insertLines(store, userId, text, newId))
}

async function insertLines(
  store: Store,
  userId: string,
  text: string,
  newId: (line: number) => string
): Promise<ImportResult> {
  const assignPositions = createPositionAssigner(store, userId)
  let [created, existing] = [0, 0]
  for (const { firstLine, lines } of toSlices(text)) {
    const rows = (await assignPositions(assignIds(lines, firstLine, newId))).map(line =>
      toImportedRow(store, userId, line)
    )
    await nextTurn()
    const [added] = rows.length > 0 ? await store.atomically(createInsert(store, userId, rows)) : [[]]
    created += added.length
    existing += lines.length - added.length
    await sleep(WRITE_PAUSE)
  }
  return { created, existing }
}

function assignIds(lines: readonly string[], firstLine: number, newId: (line: number) => string) {
  return lines.map((line, index): IdentifiedLine => {
    const todo = parseLine(line)
    // Ids are compared without case (RFC 9562, section 4) and stored in lower case.
    return { ...todo, id: todo.id?.toLowerCase() ?? newId(firstLine + index) }
  })
}

/** What an import adds to the user's usage. */
async function computeGrowth(store: Store, userId: string, text: string, newId: (line: number) => string) {
  const growth = { todos: 0, bytes: 0 }
  for (const { firstLine, lines } of toSlices(text)) {
    const todos = assignIds(lines, firstLine, newId)
    const existingTodos = await findExistingPositions(
      store,
      userId,
      todos.map(({ id }) => id)
    )
    for (const todo of todos.filter(({ id }) => !existingTodos.has(id))) {
      growth.todos += 1
      growth.bytes += countBytes({ ...defaults, ...todo })
    }
    await nextTurn()
  }
  return growth
}

async function assertValidLines(text: string, check: LineCheck): Promise<void> {
  const errors: Fault[] = []
  for (const { firstLine, lines } of toSlices(text)) {
    if (errors.length >= MAX_ERRORS) break
    if (firstLine + lines.length > MAX_IMPORT_LINES) {
      errors.push({ pointer: `/${MAX_IMPORT_LINES}`, detail: 'is one line too many' })
      break
    }
    const errorsByLine = lines.map(line => findLineErrors(line, check))
    for (const [index, lineErrors] of errorsByLine.entries())
      for (const { pointer, detail } of lineErrors)
        errors.push({ pointer: `/${firstLine + index}${pointer}`, detail })
    await nextTurn()
  }
  if (errors.length > 0) throw validationFailed(...errors.slice(0, MAX_ERRORS))
}

/** The row of a line. Missing fields are as in a new todo, and no time is before `createdAt`. */
function toImportedRow({ now, newId }: Store, userId: string, line: PositionedLine): TodoRow {
  const content = { ...defaults, ...line }
  const sentTimes = [line.createdAt, line.updatedAt, line.completedAt, line.deletedAt].flatMap(
    text => text ?? []
  )
  const times = [now().getTime(), ...sentTimes.map(Date.parse)]
  const updatedAt = toDate(line.updatedAt) ?? new Date(Math.max(...times))
  return {
    id: line.id,
    userId,
    revision: newId(),
    position: line.position,
    createdAt: toDate(line.createdAt) ?? new Date(Math.min(...times)),
    updatedAt,
    completedAt: toDate(line.completedAt) ?? (content.done ? updatedAt : null),
    ...INBOX_ROW,
    ...NO_HISTORY,
    deletedAt: toDate(line.deletedAt) ?? null,
    ...toColumns(userId, content)
  }
}

const toDate = (text: string | null | undefined) => (text ? new Date(text) : undefined)

/** Inserts all rows or none, in one statement. Its length depends on the rows, so it is built anew each time. */
function createInsert(store: Store, userId: string, rows: TodoRow[]): BoundStatement<{ id: string }[]> {
  const { todos } = todoTables(store.kit)
  const change = prepareChange(store, '', (db, changeNumber) =>
    db
      .insert(todos)
      .values(rows.map(row => ({ ...row, changeNumber })))
      .onConflictDoNothing()
      .returning({ id: todos.id })
  )
  return { ...change.bind({ userId }), name: 'todos_import' }
}
