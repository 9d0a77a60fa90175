import type { Send, ServiceRequest } from '../http/requests.ts'
import { createTokenPairReader, readTokenPair } from '../http/responses.ts'
import type { TokenManager } from '../tokens/token-manager.ts'
import type { TokenPair } from '../types.ts'

/**
 * Creates a function that sends a change of the account which makes the stored pair stale, and stores the new pair. If the
 * answer gets lost, the next refresh gets that pair by its key.
 */
export const createReplacePair =
  (send: Send, tokens: TokenManager) =>
  (change: Pick<ServiceRequest<TokenPair>, 'method' | 'path' | 'body'>): Promise<void> =>
    tokens.withAccessToken(async stored => {
      const read = stored ? createTokenPairReader(stored.user) : readTokenPair
      const request = { ...change, isIdempotent: false, token: stored?.accessToken, key: stored?.key, read }
      await tokens.replace(stored, () => send(request))
    })
