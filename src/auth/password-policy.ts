import { invalid } from '../errors.ts'
import { isCommon } from './common-passwords.ts'
import type { User } from './users.ts'

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
  const refuse = (detail: string) => invalid({ pointer, detail })
  const localPart = email.slice(0, email.lastIndexOf('@'))

  if (isSame(password, username)) throw refuse('is your user name; choose one that has nothing to do with it')
  if (isSame(password, email) || isSame(password, localPart))
    throw refuse('is your e-mail address, or its first part; choose one that has nothing to do with it')
  if (isCommon(password))
    throw refuse(
      'is among those that are guessed first; choose a less common one, such as a few random words'
    )
}

const isSame = (password: string, name: string) => password.toLowerCase() === name.toLowerCase()
