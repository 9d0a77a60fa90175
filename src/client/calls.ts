import type { Send, ServiceRequest } from './requests.ts'
import type { Tokens } from './tokens.ts'

/** Sends requests in the name of who is signed in. */
export const callsOf =
  (send: Send, tokens: Tokens) =>
  <Answer>(request: ServiceRequest<Answer>): Promise<Answer> =>
    tokens.use(kept => send({ ...request, token: kept?.accessToken }))

export type Call = ReturnType<typeof callsOf>
