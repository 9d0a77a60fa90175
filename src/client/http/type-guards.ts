/** Checks the type of a value from outside. */
export type TypeGuard<Value> = (value: unknown) => value is Value

export const isNonEmptyString = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** A text that a header can carry. With any other text `fetch` would throw. */
export const isHeaderValue = (value: unknown): value is string =>
  typeof value === 'string' && /^[ -~]+$/.test(value)

export const isNonEmptyStringOrNull = (value: unknown): value is string | null =>
  value === null || isNonEmptyString(value)

/** A finite number. `JSON.parse('1e999')` is Infinity. */
export const isFiniteNumber = (value: unknown): value is number => Number.isFinite(value)

export const isArrayOf =
  <Item>(isItem: TypeGuard<Item>) =>
  (value: unknown): value is Item[] =>
    Array.isArray(value) && value.every(isItem)

/**
 * Creates a guard of objects. It checks the members that the client uses, and those that identify the kind of answer.
 * @param members the guards of the required members, by name
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

/** Parses JSON. @returns undefined for any other text */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
