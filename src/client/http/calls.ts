import type { TokenManager } from '../tokens/token-manager.ts'
import { untilAborted } from './abort.ts'
import type { Send, ServiceRequest } from './requests.ts'

/**
 * Creates a function that sends requests with the access token of the signed-in user. A signal ends each wait of a call: for
 * the answer, for a retry, for a refresh that calls share, for the storage.
 * @param fixedToken a personal access token, with which requests are sent while nobody is signed in
 */
export const createCall =
  (send: Send, tokens: TokenManager, fixedToken?: string) =>
  <Answer>(request: ServiceRequest<Answer>): Promise<Answer> =>
    untilAborted(request.signal, () =>
      tokens.withAccessToken(stored => send({ ...request, token: stored?.accessToken ?? fixedToken }))
    )

export type Call = ReturnType<typeof createCall>
