import type { Call } from '../http/calls.ts'
import type { Send } from '../http/requests.ts'
import { readAuthentication, readEmpty, readUser } from '../http/responses.ts'
import type { TokenManager } from '../tokens/token-manager.ts'
import type { Authentication, ChangePasswordBody, ReauthenticateBody, User } from '../types.ts'
import { createReplacePair } from './replace-pair.ts'

/** Creates the methods on the account of the signed-in user. */
export function createAccount(send: Send, tokens: TokenManager, call: Call) {
  const replacePair = createReplacePair(send, tokens)

  return {
    /** Reads the signed-in user from the service. */
    me: () => call({ method: 'GET', path: '/api/auth/me', read: readUser }),

    /** Shows again who the user is, after `reauthentication_required`. The tokens stay the same. */
    reauthenticate: (body: ReauthenticateBody): Promise<Authentication> =>
      call({
        method: 'POST',
        path: '/api/auth/reauthenticate',
        body,
        read: readAuthentication
      }),

    /** Changes the user name. */
    async rename(username: string): Promise<User> {
      const body = { username }
      const user = await call({ method: 'PATCH', path: '/api/auth/me', body, read: readUser })
      await tokens.updateUser(user)
      return user
    },

    /** Changes the password, and stores the new pair. If the answer gets lost, the next refresh gets that pair by its key. */
    changePassword: (body: ChangePasswordBody): Promise<void> =>
      replacePair({ method: 'PUT', path: '/api/auth/password', body }),

    /** Deletes the account and all its data. While the session is fresh, the password may be left out. */
    async deleteAccount(password?: string): Promise<void> {
      const request = { method: 'DELETE', path: '/api/auth/me', isIdempotent: false } as const
      await call({ ...request, body: { password }, read: readEmpty })
      await tokens.signOut()
    }
  }
}
