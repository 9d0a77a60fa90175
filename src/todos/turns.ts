import { setImmediate as nextTurn } from 'node:timers/promises'

/** Milliseconds after which other requests get a turn: to find the words of a long text takes long. */
const MAX_BLOCKING_TIME = 5

/** Creates a function that lets other requests go first when the work since the last time has taken long. */
export function createTurns(): () => Promise<void> {
  let startTime = performance.now()
  return async function giveTurn() {
    if (performance.now() - startTime < MAX_BLOCKING_TIME) return
    await nextTurn()
    startTime = performance.now()
  }
}
