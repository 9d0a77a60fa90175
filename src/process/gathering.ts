/** Milliseconds in which values gather, unless told otherwise. */
const GATHERING_TIME = 20

/** Gathers values, to be handled together. */
export interface Gathering<Value> {
  readonly add: (value: Value) => void
  /** Handles now what was gathered. */
  readonly flush: () => void
  /** Drops what was gathered and not handled yet. */
  readonly drop: () => void
}

/**
 * Creates a gathering: the first value opens it, and a little later all distinct values that have come are handled at once.
 * @param handle gets at least one value
 * @param gatheringTime milliseconds
 */
export function createGathering<Value>(
  handle: (values: readonly Value[]) => void,
  gatheringTime = GATHERING_TIME
): Gathering<Value> {
  let values = new Set<Value>()
  let timer: NodeJS.Timeout | undefined

  function drop() {
    clearTimeout(timer)
    values = new Set()
  }

  function flush() {
    const gathered = [...values]
    drop()
    if (gathered.length > 0) handle(gathered)
  }

  return {
    add(value) {
      if (values.size === 0) timer = setTimeout(flush, gatheringTime).unref()
      values.add(value)
    },
    flush,
    drop
  }
}
