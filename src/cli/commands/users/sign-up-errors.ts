import { Value } from '@sinclair/typebox/value'
import { findEmailError, MAX_EMAIL } from '../../../auth/accounts/email-addresses.ts'
import { Username } from '../../../auth/accounts/schemas.ts'
import { Problem } from '../../../problems/problem.ts'
import { CommandError } from '../../exit-codes.ts'

const FIELD_NAMES = new Map([
  ['/username', 'user name'],
  ['/email', 'e-mail']
])

/** @throws {CommandError} for a text that is no e-mail address */
export function assertEmail(email: string): void {
  const fault = email.length > MAX_EMAIL ? '' : findEmailError(email)
  if (fault === undefined) return
  throw new CommandError('usage', `${JSON.stringify(email)} ${fault || 'is no e-mail address'}.`)
}

/** @throws {CommandError} for a text that is no user name */
export function assertUsername(username: string): void {
  if (Value.Check(Username, username)) return
  throw new CommandError(
    'usage',
    `${JSON.stringify(username)} is no user name: give ${Username.description}.`
  )
}

/** @throws {CommandError} naming what another account holds; other errors pass unchanged */
export function toCommandError(error: unknown): never {
  if (!(error instanceof Problem && error.code === 'already_taken')) throw error
  const names = [...FIELD_NAMES]
    .filter(([pointer]) => error.hasFault(pointer))
    .map(([, name]) => `the ${name}`)
  const taken = names.join(' and ')
  throw new CommandError(
    'exists',
    `${taken.charAt(0).toUpperCase()}${taken.slice(1)} ${names.length > 1 ? 'belong to accounts' : 'belongs to an account'} already; see latchkey users list.`
  )
}
