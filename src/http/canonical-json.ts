/**
 * JSON of a value, with the members of every object in one order: two texts that say the same as JSON become one. The order is
 * ours, not that of RFC 8785, for it is compared and never shown.
 */
export const canonicalJson = (value: unknown): string => JSON.stringify(value, sortMembers)

function sortMembers(_name: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
