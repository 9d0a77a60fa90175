import type { Send } from '../http/requests.ts'
import { readTokenPair } from '../http/responses.ts'
import type { TokenManager } from '../tokens/token-manager.ts'
import type { User } from '../types.ts'

/** Creates a function that sends a request whose answer signs in. */
export const createStartSession =
  (send: Send, tokens: TokenManager) =>
  async (path: string, body: unknown): Promise<User> => {
    const tokenPair = await send({ method: 'POST', path, body, read: readTokenPair })
    await tokens.save(tokenPair)
    return tokenPair.user
  }
