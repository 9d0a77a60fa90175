import { setTimeout as sleep } from 'node:timers/promises'
import { type BoundStatement, mustAffectRow, NoRowAffected } from '../../../db/bound-statement.ts'
import type { Store } from '../../../db/store.ts'
import { bindSequenceLock } from '../../../sync/sequence.ts'
import { BEFORE_ALL } from '../../order/list-position.ts'
import type { TodoRow } from '../../tables.ts'
import type { ChangingList } from './state.ts'
import { type Selection, selectSlice, transitionStatements } from './statements.ts'
import { createSteps, type Slice } from './steps.ts'

/** Todos of a slice: at first and at least, and at most. */
const [MIN_SLICE, MAX_SLICE] = [50, 500]
/** Milliseconds that a slice should take, the waits for the disk and for other writers included. */
const TARGET_SLICE_TIME = 5
/** Milliseconds between two slices, in which others write: those of other processes on a SQLite file, too. */
const PAUSE = 5

/** The place before all todos of a selection. None was made before 1970, not even one that was imported. */
const START: Pick<TodoRow, 'id' | 'createdAt'> = { id: BEFORE_ALL, createdAt: new Date(0) }

/**
 * Changes the todos of a list to the state of the list, slice by slice, and goes on where an earlier run has stopped. Ends early
 * when the transition is over or another one has begun meanwhile, here or in another process.
 * @param assertRunning called between two slices; throws to end the run
 */
export async function runTransition(
  store: Store,
  list: ChangingList,
  assertRunning: () => void
): Promise<void> {
  const { selections, bindSlice, bindEnd } = createSteps(store, list)
  const { userId } = list
  const params = toTransitionParams(list)

  /** Nobody else changes the user's lists and todos until the commit. */
  const runLocked = (statements: readonly BoundStatement[]) =>
    store.atomically(
      bindSequenceLock(store, userId),
      mustAffectRow(transitionStatements(store).assertInTransition.bind(params)),
      ...statements
    )

  async function walk(selection: Selection): Promise<void> {
    let [from, size] = [START, MIN_SLICE]
    for (;;) {
      assertRunning()
      const startTime = performance.now()
      const position = { ...params, fromId: from.id, fromCreatedAt: from.createdAt }
      const rows = await selectSlice(store, selection).execute({ ...position, limit: size })
      const last = rows.at(-1)
      if (!last) return
      const slice: Slice = {
        rows,
        params: { ...position, toId: last.id, toCreatedAt: last.createdAt }
      }
      await runLocked(bindSlice(slice, selection))
      if (rows.length < size) return
      from = last
      size = adaptSize(size, performance.now() - startTime)
      await sleep(PAUSE)
    }
  }

  try {
    for (const selection of selections) await walk(selection)
    await runLocked(bindEnd(params).map(mustAffectRow))
  } catch (error) {
    if (!(error instanceof NoRowAffected)) throw error
  }
}

/** Names the list, and the transition that was found. */
const toTransitionParams = ({ userId, id, transition, createdAt, deletedAt, archivedAt }: ChangingList) => ({
  userId,
  listId: id,
  transition,
  deletedOrCreatedAt: deletedAt ?? createdAt,
  archivedOrCreatedAt: archivedAt ?? createdAt
})

const adaptSize = (size: number, elapsed: number): number =>
  Math.max(MIN_SLICE, Math.min(MAX_SLICE, Math.round(size * Math.min(2, TARGET_SLICE_TIME / elapsed))))
