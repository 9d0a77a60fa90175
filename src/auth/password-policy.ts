import { Problem } from '../errors.ts'
import { isCommon } from './common-passwords.ts'
import type { User } from './users.ts'

/**
 * With no more characters than these beside a name, a year, say, a password is as good as the name. Names of three
 * letters or fewer, which are part of many words, leave more of any password.
 */
const HARDLY_MORE = 4

/**
 * Refuses a new password that is easily guessed, whatever characters it has (NIST SP 800-63B, section 3.1.1.2; OWASP
 * ASVS 6.2): one of the most common, or the user's own name or e-mail. The schema has seen to its length.
 * @param pointer where the password is in the body
 * @throws {Problem} `validation_failed`, saying why
 */
export function refuseGuessable(
  password: string,
  { username, email }: Pick<User, 'username' | 'email'>,
  pointer = '/password'
): void {
  const refuse = (detail: string) => new Problem('validation_failed', { errors: [{ pointer, detail }] })
  const localPart = email.slice(0, email.lastIndexOf('@'))

  if (isHardlyMoreThan(username, password))
    throw refuse('is your user name, or hardly more; choose one that has nothing to do with it')
  if (isHardlyMoreThan(email, password) || isHardlyMoreThan(localPart, password))
    throw refuse(
      'is your e-mail address, its first part, or hardly more; choose one that has nothing to do with it'
    )
  if (isCommon(password))
    throw refuse(
      'is among those that are guessed first; choose a less common one, such as a few random words'
    )
}

const isHardlyMoreThan = (name: string, password: string) =>
  password.toLowerCase().replace(name.toLowerCase(), '').length <= HARDLY_MORE
