import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Step } from '../db/engine.ts'
import type { TodoRow } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
import { type Fault, invalid, MAX_ERRORS } from '../errors.ts'
import { type Keeping, type Outcome, once } from '../idempotency.ts'
import { MAX_IMPORT_LINES } from '../limits.ts'
import { fingerprintOf, idOfLine } from './import-ids.ts'
import { faultsIn, type IdentifiedLine, type LineCheck, slicesOf, todoIn } from './import-lines.ts'
import { existingOf, importPlaces, type PlacedLine } from './import-places.ts'
import { bytesIn, withinQuota } from './quota.ts'
import { blank, columnsOf } from './todo.ts'

/** Milliseconds between two writes, in which other requests go first, those to other processes on a SQLite file, too. */
const PAUSE = 5

/** How many todos were made, and how many the user had already. */
export interface Imported {
  readonly created: number
  readonly existing: number
}

/** An import that is to be carried out once. */
export interface Import {
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
  { userId, text, key, check }: Import
): Promise<Outcome<Imported>> {
  await refuseFaults(text, check)
  if (key === undefined)
    return { answer: await addAll(store, userId, text, store.newId), isRepetition: false }

  const fingerprint = await fingerprintOf(text)
  const request = ['import', fingerprint]
  return once(store, { userId, key, request }, COUNTS, async keep => {
    const imported = await addAll(store, userId, text, number => idOfLine(userId, key, fingerprint, number))
    // Only now is it known what to answer. A crash before this leaves todos that the repetition finds by their ids.
    await store.atomically(...keep(imported))
    return imported
  })
}

/** The counts are kept as they are. */
const COUNTS: Keeping<Imported, Imported> = { identify: imported => imported, recall: async kept => kept }

/** @param newId of the todo of a line, by its number, where the line has none */
async function addAll(
  store: Store,
  userId: string,
  text: string,
  newId: (line: number) => string
): Promise<Imported> {
  const growth = await growthBy(store, userId, text, newId)
  return withinQuota(store, userId, growth, () => addLines(store, userId, text, newId))
}

async function addLines(
  store: Store,
  userId: string,
  text: string,
  newId: (line: number) => string
): Promise<Imported> {
  const place = importPlaces(store, userId)
  let [created, existing] = [0, 0]
  for (const { first, lines } of slicesOf(text)) {
    const rows = (await place(identified(lines, first, newId))).map(line => rowOf(store, userId, line))
    await nextTurn()
    const [added] = rows.length > 0 ? await store.atomically(insertion(store, rows)) : [[]]
    created += added.length
    existing += lines.length - added.length
    await sleep(PAUSE)
  }
  return { created, existing }
}

function identified(lines: readonly string[], first: number, newId: (line: number) => string) {
  return lines.map((line, index): IdentifiedLine => {
    const todo = todoIn(line)
    // Hex digits in either case are the same id; here it is in the form in which ids are made.
    return { ...todo, id: todo.id?.toLowerCase() ?? newId(first + index) }
  })
}

/** What an import adds to what the user has. */
async function growthBy(store: Store, userId: string, text: string, newId: (line: number) => string) {
  const growth = { todos: 0, bytes: 0 }
  for (const { first, lines } of slicesOf(text)) {
    const todos = identified(lines, first, newId)
    const there = await existingOf(
      store,
      userId,
      todos.map(({ id }) => id)
    )
    for (const todo of todos.filter(({ id }) => !there.has(id))) {
      growth.todos += 1
      growth.bytes += bytesIn({ ...blank, ...todo })
    }
    await nextTurn()
  }
  return growth
}

async function refuseFaults(text: string, check: LineCheck): Promise<void> {
  const faults: Fault[] = []
  for (const { first, lines } of slicesOf(text)) {
    if (faults.length >= MAX_ERRORS) break
    if (first + lines.length > MAX_IMPORT_LINES) {
      faults.push({ pointer: `/${MAX_IMPORT_LINES}`, detail: 'is one line too many' })
      break
    }
    const found = lines.map(line => faultsIn(line, check))
    for (const [index, faultsOfLine] of found.entries())
      for (const { pointer, detail } of faultsOfLine)
        faults.push({ pointer: `/${first + index}${pointer}`, detail })
    await nextTurn()
  }
  if (faults.length > 0) throw invalid(...faults.slice(0, MAX_ERRORS))
}

/** The todo as it stands in the line; what is missing there is as with a new one, and nothing before it was made. */
function rowOf({ now, newId }: Store, userId: string, line: PlacedLine): TodoRow {
  const content = { ...blank, ...line }
  const given = [line.createdAt, line.updatedAt, line.completedAt, line.deletedAt].flatMap(text => text ?? [])
  const times = [now().getTime(), ...given.map(Date.parse)]
  const updatedAt = instant(line.updatedAt) ?? new Date(Math.max(...times))
  return {
    id: line.id,
    userId,
    revision: newId(),
    position: line.position,
    createdAt: instant(line.createdAt) ?? new Date(Math.min(...times)),
    updatedAt,
    completedAt: instant(line.completedAt) ?? (content.done ? updatedAt : null),
    deletedAt: instant(line.deletedAt) ?? null,
    ...columnsOf(userId, content)
  }
}

const instant = (text: string | null | undefined) => (text ? new Date(text) : undefined)

/** One statement, so all of them or none. Built anew each time, for it is as long as there are rows. */
function insertion({ db, tables: { todos }, prepare }: Store, rows: TodoRow[]): Step<{ id: string }[]> {
  const statement = db.insert(todos).values(rows).onConflictDoNothing().returning({ id: todos.id })
  const { run } = prepare(statement, '')
  return { name: 'todos_import', run: () => run() as { id: string }[] }
}
