import type { TokenManager } from '../tokens/token-manager.ts'
import type { Send, ServiceRequest } from './requests.ts'

/** Creates a function that sends requests with the access token of the signed-in user. */
export const createCall =
  (send: Send, tokens: TokenManager) =>
  <Answer>(request: ServiceRequest<Answer>): Promise<Answer> =>
    tokens.withAccessToken(stored => send({ ...request, token: stored?.accessToken }))

export type Call = ReturnType<typeof createCall>
