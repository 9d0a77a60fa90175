import { domainToUnicode } from 'node:url'
import { type Fault, validationFailed } from '../../problems/problem.ts'
import type { User } from '../user.ts'
import { normalizePassword, toBaseLetters } from './normalization.ts'
import { findWeakness } from './strength.ts'

/** Words of this service, which are guessed first wherever it runs (OWASP ASVS 6.1.2). */
const SERVICE_WORDS = ['latchkey', 'todo', 'todos']
/** The shortest word that counts as one. */
const MIN_WORD_LENGTH = 3
const WORD_SEPARATOR = /[^\p{L}\p{N}]+/u

/** Whose password it is to be. */
export type Owner = Pick<User, 'username' | 'email'>

/**
 * Says why a new password is easy to guess, if it is, whatever characters it has (NIST SP 800-63B-4, section 3.1.1.2; OWASP
 * ASVS 6.2): by itself, or for one who knows the user and the service. The schema has seen to its length.
 * @param pointer where the password is in the body
 */
export function findGuessableError(password: string, owner: Owner, pointer: string): Fault | undefined {
  const weakness = findWeakness(password, toContextWords(owner))
  if (weakness === undefined) return undefined
  const detail = `is easy to guess, for it is little more than ${weakness}; choose a longer one, such as four random words`
  return { pointer, detail }
}

/** @throws {Problem} `validation_failed`, saying why */
export function assertNotGuessable(password: string, owner: Owner, pointer: string): void {
  const error = findGuessableError(password, owner, pointer)
  if (error) throw validationFailed(error)
}

/** What is guessed first for a user, and what each is called. */
function toContextWords({ username, email }: Owner): ReadonlyMap<string, string> {
  const contextWords = new Map<string, string>()
  const addWords = (label: string, ...texts: string[]) => {
    for (const text of texts) {
      const normalizedText = toBaseLetters(text).toLowerCase()
      for (const word of [normalizedText, ...normalizedText.split(WORD_SEPARATOR)])
        if (word.length >= MIN_WORD_LENGTH && !contextWords.has(word)) contextWords.set(word, label)
    }
  }
  const atIndex = email.lastIndexOf('@') + 1
  const localPart = email.slice(0, atIndex)
  // As it is read, which is how it would be typed.
  const domain = domainToUnicode(email.slice(atIndex))
  addWords('your user name', username)
  addWords('your e-mail address', email, localPart + domain, localPart, domain)
  addWords('the name of this service', ...SERVICE_WORDS)
  return contextWords
}

/** @throws {Problem} `validation_failed` for a new password that is the present one */
export function assertPasswordChanges(newPassword: string, currentPassword: string): void {
  if (normalizePassword(newPassword) !== normalizePassword(currentPassword)) return
  throw validationFailed({
    pointer: '/newPassword',
    detail: 'is the password that the account has now; choose another'
  })
}
