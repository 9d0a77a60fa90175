import { domainToUnicode } from 'node:url'
import { type Fault, invalid } from '../errors.ts'
import { weaknessOf } from './password-strength.ts'
import { baseLettersOf, opaque } from './password-text.ts'
import type { User } from './users.ts'

/** Words of this service, which are guessed first wherever it runs (OWASP ASVS 6.1.2). */
const OWN_WORDS = ['latchkey', 'todo', 'todos']
/** The shortest word that counts as one. */
const SHORTEST_WORD = 3
const WORDS = /[^\p{L}\p{N}]+/u

/** Whose password it is to be. */
export type Owner = Pick<User, 'username' | 'email'>

/**
 * Says why a new password is easy to guess, if it is, whatever characters it has (NIST SP 800-63B-4, section 3.1.1.2; OWASP
 * ASVS 6.2): by itself, or for one who knows the user and the service. The schema has seen to its length.
 * @param pointer where the password is in the body
 */
export function guessableFault(password: string, owner: Owner, pointer: string): Fault | undefined {
  const weakness = weaknessOf(password, wordsOf(owner))
  if (weakness === undefined) return undefined
  const detail = `is easy to guess, for it is little more than ${weakness}; choose a longer one, such as four random words`
  return { pointer, detail }
}

/** @throws {Problem} `validation_failed`, saying why */
export function refuseGuessable(password: string, owner: Owner, pointer: string): void {
  const fault = guessableFault(password, owner, pointer)
  if (fault) throw invalid(fault)
}

/** What is guessed first for a user, and what each is called. */
function wordsOf({ username, email }: Owner): ReadonlyMap<string, string> {
  const known = new Map<string, string>()
  const add = (name: string, ...texts: string[]) => {
    for (const text of texts) {
      const whole = baseLettersOf(text).toLowerCase()
      for (const word of [whole, ...whole.split(WORDS)])
        if (word.length >= SHORTEST_WORD && !known.has(word)) known.set(word, name)
    }
  }
  const at = email.lastIndexOf('@') + 1
  const localPart = email.slice(0, at)
  // As it is read, which is how it would be typed.
  const domain = domainToUnicode(email.slice(at))
  add('your user name', username)
  add('your e-mail address', email, localPart + domain, localPart, domain)
  add('the name of this service', ...OWN_WORDS)
  return known
}

/** @throws {Problem} `validation_failed` for a new password that is the present one */
export function refusePresent(newPassword: string, present: string): void {
  if (opaque(newPassword) !== opaque(present)) return
  throw invalid({
    pointer: '/newPassword',
    detail: 'is the password that the account has now; choose another'
  })
}
