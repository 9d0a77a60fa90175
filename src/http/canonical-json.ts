/**
 * Writes a value as JSON, with the members of every object sorted, so that equal values have equal texts. The order is not
 * that of RFC 8785: the text is compared, never shown.
 */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, sortMembers)

function sortMembers(_name: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
