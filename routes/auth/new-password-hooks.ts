import type { FastifyRequest } from 'fastify'
import { MAX_EMAIL } from '../../src/auth/accounts/email-addresses.ts'
import { normalizePassword } from '../../src/auth/passwords/normalization.ts'
import { findGuessableError } from '../../src/auth/passwords/policy.ts'
import { Problem } from '../../src/problems/problem.ts'

type RequestBody = Record<string, unknown>

/**
 * Hooks for a route that takes a new password. The first normalizes the password, so that the schema checks the length of the
 * text that is hashed. The second adds to the faults that the schema found whether the password is easy to guess. Without
 * other faults the use case reports that.
 * @param member the name of the password in the body
 */
export const createNewPasswordHooks = (member: string) => ({
  attachValidation: true,

  async preValidation({ body }: FastifyRequest) {
    if (isObject(body) && typeof body[member] === 'string') body[member] = normalizePassword(body[member])
  },

  async preHandler({ validationError, body, user }: FastifyRequest) {
    if (!validationError) return
    const error = isObject(body) ? findNewPasswordError({ ...user, ...body }, member) : undefined
    throw error && validationError instanceof Problem ? validationError.withFault(error) : validationError
  }
})

/** Looks for the fault in a body that is not valid: every member may have any type. */
function findNewPasswordError({ username, email, ...body }: RequestBody, member: string) {
  const password = body[member]
  // Where a passkey does as well, the schema demands neither.
  if (password === undefined && body.passkey === undefined) return toMissingPassword(member)
  if (typeof password !== 'string') return undefined
  return findGuessableError(password, { username: toText(username), email: toText(email) }, `/${member}`)
}

const toMissingPassword = (member: string) => ({ pointer: `/${member}`, detail: 'is required' })
const toText = (value: unknown) => (typeof value === 'string' ? value.slice(0, MAX_EMAIL) : '')
const isObject = (value: unknown): value is RequestBody => typeof value === 'object' && value !== null
