/** The origin of a page on the web, in the web view of an app (capacitor://localhost) or in a browser extension. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/([a-z\d_.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/
/** A wildcard for the first label of a host, unless the rest is a top-level domain. */
const WILDCARD = /^(https?:\/\/)\*\.(?=[^/]*\.|localhost\b)/

/**
 * Whether a text is an origin as browsers write it (RFC 6454, section 6.2), or a pattern with `*` as its first label. `null`
 * is refused: any sandboxed page has this origin.
 */
export function isOrigin(value: string): boolean {
  const origin = value.replace(WILDCARD, '$1any.')
  if (!ORIGIN.test(origin)) return false
  return !/^https?:/.test(origin) || (URL.canParse(origin) && new URL(origin).origin === origin)
}

/**
 * Converts an origin to itself, a pattern to a regular expression, in which `*` stands for one label.
 * @param value a text that `isOrigin` accepts
 */
export const toOriginPattern = (value: string): string | RegExp =>
  WILDCARD.test(value) ? new RegExp(`^${value.replaceAll('.', '\\.').replace('*', '[a-z\\d_-]+')}$`) : value
