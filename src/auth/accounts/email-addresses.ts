import { domainToASCII } from 'node:url'

/** The most octets of an address, and of its part before the @ (RFC 5321, section 4.5.3.1). */
export const MAX_EMAIL = 254
const MAX_LOCAL_PART = 64

/** Atoms with dots between them (RFC 5322, section 3.2.3), as addresses in use have. */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i
/** Two or more labels of letters, digits and inner hyphens (RFC 1123, section 2.1), of at most 63 octets (RFC 1035, 2.3.4). */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/** Characters that the parser of URLs would read as a port, a path or an escape. */
const FORBIDDEN_IN_HOST = /[\0-,/:-@[-`{-\u007f\s]/
const ASCII_ONLY = /^\p{ASCII}*$/u
const ENDS_IN_NUMBER = /\.\d+$/
const SURROUNDING_SPACE = /^[\s\p{Cf}]|[\s\p{Cf}]$/u

/**
 * Converts an e-mail address to the form that is stored and compared: an internationalized domain becomes ASCII (UTS #46), as
 * in mail and DNS. A text that is no address is returned unchanged.
 */
export function toAsciiEmail(email: string): string {
  const [localPart, domain] = splitEmail(email)
  const ascii = localPart === '' ? undefined : toAsciiDomain(domain)
  return ascii === undefined ? email : `${localPart}@${ascii}`
}

/** The key by which user names and e-mails are unique: lower case. Both are ASCII, user names by their schema. */
export const toLookupKey = (name: string): string => toAsciiEmail(name).toLowerCase()

/**
 * Finds the fault of an e-mail address, as a predicate for the detail of an error. The part before the @ must be ASCII: few
 * mail servers accept more (RFC 6531), and with letters that look alike one address could pass for another.
 * @returns undefined for a valid address; an empty text for a fault without a particular explanation
 */
export function findEmailError(email: string): string | undefined {
  if (SURROUNDING_SPACE.test(email)) return 'begins or ends with a space; leave that out'
  const [localPart, domain] = splitEmail(email)
  if (!ASCII_ONLY.test(localPart)) return 'has letters before the @ that are not ASCII; give one without'
  if (localPart.length > MAX_LOCAL_PART)
    return `has more than ${MAX_LOCAL_PART} characters before the @, which no address has`
  const ascii = toAsciiDomain(domain)
  const isAddress =
    ascii !== undefined &&
    localPart.length + 1 + ascii.length <= MAX_EMAIL &&
    LOCAL_PART.test(localPart) &&
    DOMAIN.test(ascii)
  return isAddress ? undefined : ''
}

/** @returns undefined for a domain without an ASCII form */
function toAsciiDomain(domain: string): string | undefined {
  if (ASCII_ONLY.test(domain)) return domain
  if (domain.length > MAX_EMAIL || FORBIDDEN_IN_HOST.test(domain)) return undefined
  const ascii = domainToASCII(domain)
  // The parser of URLs reads some names as IPv4 addresses.
  return ascii === '' || ENDS_IN_NUMBER.test(ascii) ? undefined : ascii
}

function splitEmail(email: string): [localPart: string, domain: string] {
  const at = email.lastIndexOf('@')
  return at < 0 ? ['', email] : [email.slice(0, at), email.slice(at + 1)]
}
