/** The part in front of the path in absolute form, as clients send it to a proxy (RFC 9112, section 3.2.2). */
const AUTHORITY = /^https?:\/\/[^/]*/i

/** The path of a request target, without query and authority: both may contain secrets, which must not be logged. */
export function toRequestPath(url: string): string {
  const query = url.indexOf('?')
  const path = query < 0 ? url : url.slice(0, query)
  return path.startsWith('/') ? path : path.replace(AUTHORITY, '') || '/'
}
