import type { TokenManager } from '../tokens/token-manager.ts'
import type { Send, ServiceRequest } from './requests.ts'

/** Sends requests in the name of who is signed in. */
export const createCall =
  (send: Send, tokens: TokenManager) =>
  <Answer>(request: ServiceRequest<Answer>): Promise<Answer> =>
    tokens.withAccessToken(stored => send({ ...request, token: stored?.accessToken }))

export type Call = ReturnType<typeof createCall>
