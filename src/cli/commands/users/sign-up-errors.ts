import { Value } from '@sinclair/typebox/value'
import { findEmailError, MAX_EMAIL } from '../../../auth/accounts/emails.ts'
import { Username } from '../../../auth/accounts/schemas.ts'
import { Problem } from '../../../problems/problem.ts'
import { CommandError } from '../../exit-codes.ts'

/** @throws {CommandError} for a text that is no e-mail address */
export function assertEmail(email: string): void {
  if (email.length <= MAX_EMAIL && findEmailError(email) === undefined) return
  throw new CommandError('usage', `${JSON.stringify(email)} is no e-mail address.`)
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
  if (!(error instanceof Problem)) throw error
  const fields = error.toDocument('').errors ?? []
  throw new CommandError(
    'exists',
    `The ${fields.map(field => ('pointer' in field ? field.pointer.slice(1) : '')).join(' and the ')} belongs to an account already.`
  )
}
