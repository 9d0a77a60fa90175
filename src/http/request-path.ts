/** What comes before the path where an address is given whole, as to a proxy (RFC 9112, section 3.2.2). */
const AUTHORITY = /^https?:\/\/[^/]*/i

/** The path that a request asks for, without the query and the name of a user, which people put secrets into. */
export function toRequestPath(url: string): string {
  const query = url.indexOf('?')
  const path = query < 0 ? url : url.slice(0, query)
  return path.startsWith('/') ? path : path.replace(AUTHORITY, '') || '/'
}
