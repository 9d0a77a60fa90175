/** Says whether a value from outside is what it should be. */
export type TypeGuard<Value> = (value: unknown) => value is Value

/** A text that is not empty. */
export const isNonEmptyString = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** What a header can carry: with anything else `fetch` would throw. */
export const isHeaderValue = (value: unknown): value is string =>
  typeof value === 'string' && /^[ -~]+$/.test(value)

export const isNonEmptyStringOrNull = (value: unknown): value is string | null =>
  value === null || isNonEmptyString(value)

/** `1e999` is JSON, too. */
export const isFiniteNumber = (value: unknown): value is number => Number.isFinite(value)

export const isArrayOf =
  <Item>(isItem: TypeGuard<Item>) =>
  (value: unknown): value is Item[] =>
    Array.isArray(value) && value.every(isItem)

/**
 * Checks the members that matter: those by which the client goes on, and by which one answer is told from another.
 * @param members the checks of those that must be there, by their names
 */
export const isObjectOf =
  <Value>(members: { readonly [Name in keyof Value]?: TypeGuard<Value[Name]> }) =>
  (value: unknown): value is Value => {
    if (!isRecord(value)) return false
    for (const name in members) if (!members[name]?.(value[name])) return false
    return true
  }

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** @returns undefined for what is not JSON */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
