import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { MAX_IMPORT_LINES } from '../../config/limits.ts'
import type { BoundStatement } from '../../db/engine.ts'
import type { TodoRow } from '../../db/schema.ts'
import type { Store } from '../../db/store.ts'
import { type IdempotentResult, type ReplayHandler, withIdempotency } from '../../http/idempotency.ts'
import { type Fault, MAX_ERRORS, validationFailed } from '../../problems/problem.ts'
import { defaults } from '../content/content.ts'
import { countBytes, withQuota } from '../quota.ts'
import { toColumns } from '../todo.ts'
import { createLineId, fingerprintLines } from './import-ids.ts'
import { findLineErrors, type IdentifiedLine, type LineCheck, parseLine, toSlices } from './import-lines.ts'
import { createPositionAssigner, findExistingPositions, type PositionedLine } from './import-positions.ts'

/** Milliseconds between two writes, in which other requests go first, those to other processes on a SQLite file, too. */
const WRITE_PAUSE = 5

/** How many todos were made, and how many the user had already. */
export interface ImportResult {
  readonly created: number
  readonly existing: number
}

/** An import that is to be carried out once. */
export interface ImportRequest {
  readonly userId: string
  readonly text: string
  /** By it the import may be repeated, without which a line that has no id makes another todo each time. */
  readonly key: string | undefined
  /** Tells what is wrong with what a line holds. */
  readonly check: LineCheck
}

/**
 * Makes the todos that the lines of a text hold, but for those whose id the user has already: they stay as they are. It is
 * done in several writes. When one fails, those before it have taken effect, and the same import again does the rest.
 * @throws {Problem} `validation_failed` with all that is wrong, when a line is; then nothing was done
 * @throws {Problem} `idempotency_key_in_use`, `idempotency_key_reused`, `quota_exceeded`
 * @throws {StatementFailed}
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
    // Only now is it known what to answer. A crash before this leaves todos that the repetition finds by their ids.
    await store.atomically(...storeAnswer(imported))
    return imported
  })
}

/** The counts are kept as they are. */
const countsReplayHandler: ReplayHandler<ImportResult, ImportResult> = {
  identify: imported => imported,
  replay: async stored => stored
}

/** @param newId of the todo of a line, by its number, where the line has none */
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
    const [added] = rows.length > 0 ? await store.atomically(createInsert(store, rows)) : [[]]
    created += added.length
    existing += lines.length - added.length
    await sleep(WRITE_PAUSE)
  }
  return { created, existing }
}

function assignIds(lines: readonly string[], firstLine: number, newId: (line: number) => string) {
  return lines.map((line, index): IdentifiedLine => {
    const todo = parseLine(line)
    // Hex digits in either case are the same id; here it is in the form in which ids are made.
    return { ...todo, id: todo.id?.toLowerCase() ?? newId(firstLine + index) }
  })
}

/** What an import adds to what the user has. */
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

/** The todo as it stands in the line; what is missing there is as with a new one, and nothing before it was made. */
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
    deletedAt: toDate(line.deletedAt) ?? null,
    ...toColumns(userId, content)
  }
}

const toDate = (text: string | null | undefined) => (text ? new Date(text) : undefined)

/** One statement, so all of them or none. Built anew each time, for it is as long as there are rows. */
function createInsert(
  { db, tables: { todos }, prepare }: Store,
  rows: TodoRow[]
): BoundStatement<{ id: string }[]> {
  const statement = db.insert(todos).values(rows).onConflictDoNothing().returning({ id: todos.id })
  const { run } = prepare(statement, '')
  return { name: 'todos_import', run: () => run() as { id: string }[] }
}
