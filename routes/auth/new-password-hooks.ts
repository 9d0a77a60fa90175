import type { FastifyRequest } from 'fastify'
import { MAX_EMAIL } from '../../src/auth/accounts/emails.ts'
import { normalizePassword } from '../../src/auth/passwords/normalization.ts'
import { findGuessableError } from '../../src/auth/passwords/policy.ts'
import { Problem } from '../../src/problems/problem.ts'

type RequestBody = Record<string, unknown>

/**
 * Hooks for a route that takes a new password. It is brought to its one form first, so that its length is that of what is
 * hashed; and when the schema finds faults, whether it is easy to guess is told with them. Otherwise its use tells that.
 * @param member the name that it has in the body
 */
export const createNewPasswordHooks = (member: string) => ({
  attachValidation: true,

  async preValidation({ body }: FastifyRequest) {
    if (isObject(body) && typeof body[member] === 'string') body[member] = normalizePassword(body[member])
  },

  async preHandler({ validationError, body, user }: FastifyRequest) {
    if (!validationError) return
    const error = findNewPasswordError(isObject(body) ? { ...user, ...body } : {}, member)
    throw error && validationError instanceof Problem ? validationError.withFault(error) : validationError
  }
})

/** As far as one can tell: nothing has been validated. */
function findNewPasswordError({ username, email, ...body }: RequestBody, member: string) {
  const password = body[member]
  if (typeof password !== 'string') return undefined
  return findGuessableError(password, { username: toText(username), email: toText(email) }, `/${member}`)
}

const toText = (value: unknown) => (typeof value === 'string' ? value.slice(0, MAX_EMAIL) : '')
const isObject = (value: unknown): value is RequestBody => typeof value === 'object' && value !== null
