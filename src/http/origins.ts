/** The origin of a page: of the web, of an app in a web view (capacitor://localhost), of a browser's extension. */
const ORIGIN = /^[a-z][a-z\d+.-]*:\/\/([a-z\d_.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/
/** Any one name in front of a domain that is no whole top-level one. */
const WILDCARD = /^(https?:\/\/)\*\.(?=[^/]*\.|localhost\b)/

/**
 * Whether a setting names an origin as browsers write it (RFC 6454, section 6.2), or, with `*` as its first label, all that
 * have one label there. `null` is none: whoever sandboxes a page has that.
 */
export function isOrigin(value: string): boolean {
  const origin = value.replace(WILDCARD, '$1any.')
  if (!ORIGIN.test(origin)) return false
  return !/^https?:/.test(origin) || (URL.canParse(origin) && new URL(origin).origin === origin)
}

/**
 * What the origins are compared with that a setting names.
 * @param value one that `isOrigin` takes
 */
export const toOriginPattern = (value: string): string | RegExp =>
  WILDCARD.test(value) ? new RegExp(`^${value.replaceAll('.', '\\.').replace('*', '[a-z\\d_-]+')}$`) : value
