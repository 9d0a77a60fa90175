/**
 * The token in an `Authorization` header, whose scheme is case-insensitive (RFC 6750, section 2.1; RFC 9110, 11.1).
 * A token in the URL or the body does not count: it would end up in logs and histories (RFC 6750, section 2.3).
 * @returns undefined when the header is missing or has another scheme
 */
export const parseBearerToken = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : /^bearer +(.*)$/i.exec(header)?.[1]
