import type { Send } from '../http/requests.ts'
import { readAccepted, readEmpty } from '../http/responses.ts'
import type { ResetPasswordBody } from '../types.ts'

/** Creates the methods for somebody who cannot sign in. They need no tokens and change none. */
export function createRecovery(send: Send) {
  const post = { method: 'POST' } as const

  return {
    /** Has a link to set a new password mailed, if there is an account with the address. The answer does not tell. */
    requestPasswordReset: (email: string): Promise<void> =>
      send({ ...post, path: '/api/auth/password/reset-request', body: { email }, read: readAccepted }),

    /**
     * Sets a new password by the token of the link. Signs nobody in; the sessions end unless `endSessions` is false. If one of
     * them is that of this client, the next call finds out.
     */
    resetPassword: (body: ResetPasswordBody): Promise<void> =>
      send({ ...post, path: '/api/auth/password/reset', body, read: readEmpty }),

    /** Puts a former e-mail back by the token of the link that it was mailed, and ends all sessions. */
    revertEmail: (token: string): Promise<void> =>
      send({ ...post, path: '/api/auth/email/revert', body: { token }, read: readEmpty })
  }
}
