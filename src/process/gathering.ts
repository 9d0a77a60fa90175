/** Milliseconds in which values gather, unless told otherwise. */
const GATHERING_TIME = 20

/** Gathers values, to be handled together. */
export interface Gathering {
  readonly add: (value: string) => void
  /** Drops what was gathered and not handled yet. */
  readonly drop: () => void
}

/**
 * Creates a gathering: the first value opens it, and a little later all distinct values that have come are handled at once.
 * @param handle gets at least one value
 * @param gatheringTime milliseconds
 */
export function createGathering(
  handle: (values: readonly string[]) => void,
  gatheringTime = GATHERING_TIME
): Gathering {
  let values = new Set<string>()
  let timer: NodeJS.Timeout | undefined

  function close(): readonly string[] {
    clearTimeout(timer)
    const gathered = [...values]
    values = new Set()
    return gathered
  }

  return {
    add(value) {
      if (values.size === 0) timer = setTimeout(() => handle(close()), gatheringTime).unref()
      values.add(value)
    },
    drop: close
  }
}
