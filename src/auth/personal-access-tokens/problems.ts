import type { ProblemType } from '../../problems/problem-type.ts'
import { MAX_TOKENS } from './limits.ts'

/** The problems of personal access tokens. */
export const personalAccessTokenProblems = {
  personal_access_token_invalid: {
    status: 401,
    title: 'The personal access token is not valid',
    detail: 'It was revoked, or it was damaged. Use another one.',
    action: 'replace-token',
    cause:
      'The token begins as a personal access token does, but the service has none like it: it was revoked, its account is ' +
      'disabled or gone, it expired long ago, or it was cut or changed on its way.',
    next:
      'Send the token as it was shown, whole. If it was, it works no more: the owner of the account signs in and makes another ' +
      'one at POST /api/auth/tokens. Nothing can refresh a token.'
  },
  personal_access_token_expired: {
    status: 401,
    title: 'The personal access token has expired',
    detail: 'Use another one, which the owner of the account makes at POST /api/auth/tokens.',
    action: 'replace-token',
    cause: 'The token is genuine, but the time for which it was made is over.',
    next:
      'The owner of the account signs in and makes another one at POST /api/auth/tokens. Nothing can refresh a token. GET ' +
      '/api/auth/tokens tells when each expires, so that it can be replaced before.'
  },
  insufficient_scope: {
    status: 403,
    title: 'The personal access token does not have the scope',
    detail: 'Use a token that has the scope in WWW-Authenticate.',
    action: 'replace-token',
    cause:
      'The token is good, but it was not made for this: reading takes the scope todos:read, writing takes todos:write, and ' +
      'neither contains the other. The account itself is open to no personal access token.',
    next:
      'Make another token with the scopes that the program needs, at POST /api/auth/tokens. For what is below /api/auth, sign in ' +
      'and use the access token of the session.'
  },
  too_many_personal_access_tokens: {
    status: 403,
    title: 'The account has as many personal access tokens as it may have',
    detail: `Nothing was done. There are at most ${MAX_TOKENS}, expired ones included; delete some that nothing uses any more.`,
    cause: `The account has ${MAX_TOKENS} personal access tokens. Expired ones count for as long as they are listed.`,
    next:
      'GET /api/auth/tokens tells when each was last used and when it expires. Delete those that nothing uses any more: DELETE ' +
      '/api/auth/tokens/{id}.'
  },
  personal_access_token_not_found: {
    status: 404,
    title: 'There is no such personal access token',
    detail: 'It was revoked, or the id is wrong. GET /api/auth/tokens tells those that there are.',
    cause: 'The account has no personal access token with this id (any more).',
    next: 'GET /api/auth/tokens lists those that there are. One that is not listed opens nothing.'
  }
} as const satisfies Record<string, ProblemType>

type PersonalAccessTokenProblems = typeof personalAccessTokenProblems

declare module '../../problems/problem.ts' {
  interface ProblemCatalogue extends PersonalAccessTokenProblems {}
}
