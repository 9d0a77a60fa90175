import { domainToASCII } from 'node:url'

/** The most octets of an address, of the part before its @, and of a label of its domain (RFC 5321 4.5.3.1, RFC 1035 2.3.4). */
export const MAX_EMAIL = 254
const MAX_LOCAL_PART = 64

/** Atoms with dots between them (RFC 5322, section 3.2.3): what mail goes to in practice. */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i
/** Two labels or more, of letters, digits and hyphens inside (RFC 1123, section 2.1). */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/** What a host may not have before it is mapped: a URL's parser would take it for a port, a path or an escape. */
const FORBIDDEN_IN_HOST = /[\0-,/:-@[-`{-\u007f\s]/
const ASCII_ONLY = /^\p{ASCII}*$/u
const ENDS_IN_NUMBER = /\.\d+$/
const SURROUNDING_SPACE = /^[\s\p{Cf}]|[\s\p{Cf}]$/u

/**
 * An e-mail address as it is kept and compared: an internationalised domain in its ASCII form (UTS #46), which is what mail
 * and DNS have. What is no address is handed back as it is.
 */
export function toAsciiEmail(email: string): string {
  const [localPart, domain] = splitEmail(email)
  const ascii = localPart === '' ? undefined : toAsciiDomain(domain)
  return ascii === undefined ? email : `${localPart}@${ascii}`
}

/** What user names and e-mails are unique by: without case. Both are ASCII, names by their schema. */
export const toLookupKey = (name: string): string => toAsciiEmail(name).toLowerCase()

/**
 * Says what is wrong with an e-mail address, for a detail to go on with.
 * Before the @ only ASCII is taken: few mail servers take more (RFC 6531), and letters that look alike would let one address
 * pass for another.
 * @returns undefined for an address; an empty text when there is nothing particular to say
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

/** @returns undefined for a name that has no ASCII form */
function toAsciiDomain(domain: string): string | undefined {
  if (ASCII_ONLY.test(domain)) return domain
  if (domain.length > MAX_EMAIL || FORBIDDEN_IN_HOST.test(domain)) return undefined
  const ascii = domainToASCII(domain)
  // The parser is that of URLs, which reads some names as addresses of IPv4.
  return ascii === '' || ENDS_IN_NUMBER.test(ascii) ? undefined : ascii
}

function splitEmail(email: string): [localPart: string, domain: string] {
  const at = email.lastIndexOf('@')
  return at < 0 ? ['', email] : [email.slice(0, at), email.slice(at + 1)]
}
