import { oncePerDatabase } from '../../../db/statements.ts'
import type { Store } from '../../../db/store.ts'
import { Problem } from '../../../problems/problem.ts'
import { runTransition } from './run.ts'
import { type ChangingList, isChanging } from './state.ts'
import { transitionStatements } from './statements.ts'

/*
 * The state of a list decides at once for all its todos. Their rows follow in slices, so that a list of very many todos holds up
 * nobody. A reader for whom the state of the list is not enough waits until the rows have followed (docs/decisions/022-todos-follow-their-list.md).
 */

/** What this process does to lists. */
const getRuns = oncePerDatabase(() => ({ byUser: new Map<string, Promise<void>>(), isStopped: false }))

/**
 * Waits until the todos of all lists of a user have followed.
 * @throws {Problem} `shutting_down` when the process stops meanwhile
 */
export async function settleLists(store: Store, userId: string): Promise<void> {
  const runs = getRuns(store)
  for (let list = await findChanging(store, userId); list; list = await findChanging(store, userId)) {
    const run =
      runs.byUser.get(userId) ??
      runTransition(store, list, assertRunning).finally(() => runs.byUser.delete(userId))
    runs.byUser.set(userId, run)
    await run
  }

  function assertRunning() {
    if (runs.isStopped) throw new Problem('shutting_down')
  }
}

async function findChanging(store: Store, userId: string): Promise<ChangingList | undefined> {
  const [list] = await transitionStatements(store).findChanging.execute({ userId })
  return list && isChanging(list) ? list : undefined
}

/** Begins to have the todos of a user's lists follow. What fails is done by the next reader who waits, or by the next start. */
export function settleInBackground(store: Store, userId: string): void {
  settleLists(store, userId).catch(() => {})
}

/** Waits until the todos of all lists of all users have followed. */
export async function settleAllLists(store: Store): Promise<void> {
  for (const { userId } of await transitionStatements(store).findUsers.execute())
    await settleLists(store, userId)
}

/** Reads a user's todos while all of them have followed their lists. */
export async function readSettled<Result>(
  store: Store,
  userId: string,
  read: () => Promise<Result>
): Promise<Result> {
  for (;;) {
    await settleLists(store, userId)
    const result = await read()
    if (!(await findChanging(store, userId))) return result
  }
}

/** Ends what this process does to lists, after the slices under way. */
export async function stopSettling(store: Store): Promise<void> {
  const runs = getRuns(store)
  runs.isStopped = true
  await Promise.allSettled(runs.byUser.values())
}
