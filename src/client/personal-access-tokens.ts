import type { Call } from './http/calls.ts'
import {
  readCreatedPersonalAccessToken,
  readEmpty,
  readPersonalAccessToken,
  readPersonalAccessTokens
} from './http/responses.ts'
import type {
  CreatedPersonalAccessToken,
  CreatePersonalAccessTokenBody,
  PersonalAccessToken
} from './types.ts'

const PATH = '/api/auth/tokens'

/** Creates the methods on the tokens with which programs act for the signed-in user. */
export function createPersonalAccessTokens(call: Call) {
  return {
    /** Lists the tokens, the latest first, without their secrets. */
    personalAccessTokens: async (): Promise<PersonalAccessToken[]> =>
      (await call({ method: 'GET', path: PATH, read: readPersonalAccessTokens })).items,

    /** Reads a token, without its secret. */
    personalAccessToken: (id: string): Promise<PersonalAccessToken> =>
      call({ method: 'GET', path: `${PATH}/${id}`, read: readPersonalAccessToken }),

    /**
     * Makes a token. Its `token` is shown this once. The request is sent once: if the answer gets lost, look for the token in the
     * list, revoke it, and make another.
     */
    createPersonalAccessToken: (body: CreatePersonalAccessTokenBody): Promise<CreatedPersonalAccessToken> =>
      call({ method: 'POST', path: PATH, body, read: readCreatedPersonalAccessToken }),

    /** Ends a token. After a lost answer the retry may fail with `personal_access_token_not_found`. */
    revokePersonalAccessToken: (id: string): Promise<void> =>
      call({ method: 'DELETE', path: `${PATH}/${id}`, read: readEmpty })
  }
}
