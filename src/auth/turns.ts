import pLimit, { type LimitFunction } from 'p-limit'

/** Does the work of one kind when its turn comes. */
export type Turns = <Result>(kind: string, work: () => Promise<Result>) => Promise<Result>

/** Lets so much work of one kind go on at a time, and the rest of it wait; work of other kinds does not matter to it. */
export function turnsOf(atOnce: number): Turns {
  const kinds = new Map<string, { limit: LimitFunction; work: number }>()

  return async (kind, work) => {
    const { limit } = enter(kind)
    return limit(work).finally(() => leave(kind))
  }

  function enter(kind: string) {
    const known = kinds.get(kind) ?? { limit: pLimit(atOnce), work: 0 }
    kinds.set(kind, known)
    known.work += 1
    return known
  }

  function leave(kind: string) {
    const known = kinds.get(kind)
    if (known && --known.work === 0) kinds.delete(kind)
  }
}
