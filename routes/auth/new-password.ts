import type { FastifyRequest } from 'fastify'
import { MAX_EMAIL } from '../../src/auth/emails.ts'
import { guessableFault } from '../../src/auth/password-policy.ts'
import { opaque } from '../../src/auth/password-text.ts'
import { Problem } from '../../src/errors.ts'

type Body = Record<string, unknown>

/**
 * Hooks for a route that takes a new password. It is brought to its one form first, so that its length is that of what is
 * hashed; and when the schema finds faults, whether it is easy to guess is told with them. Otherwise its use tells that.
 * @param member the name that it has in the body
 */
export const newPasswordIn = (member: string) => ({
  attachValidation: true,

  async preValidation({ body }: FastifyRequest) {
    if (isObject(body) && typeof body[member] === 'string') body[member] = opaque(body[member])
  },

  async preHandler({ validationError, body, user }: FastifyRequest) {
    if (!validationError) return
    const fault = guessableIn(isObject(body) ? { ...user, ...body } : {}, member)
    throw fault && validationError instanceof Problem ? validationError.withFault(fault) : validationError
  }
})

/** As far as one can tell: nothing has been validated. */
function guessableIn({ username, email, ...body }: Body, member: string) {
  const password = body[member]
  if (typeof password !== 'string') return undefined
  return guessableFault(password, { username: textOf(username), email: textOf(email) }, `/${member}`)
}

const textOf = (value: unknown) => (typeof value === 'string' ? value.slice(0, MAX_EMAIL) : '')
const isObject = (value: unknown): value is Body => typeof value === 'object' && value !== null
