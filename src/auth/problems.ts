import type { ProblemType } from '../problems/problem-type.ts'

/** The problems of accounts, sign-ins and sessions. */
export const authProblems = {
  authentication_required: {
    status: 401,
    title: 'Authentication is required',
    detail: 'Sign in and send the access token as "Authorization: Bearer <token>".',
    action: 'sign-in',
    cause:
      'The operation works on an account, and the request does not say on which: it has no access token.',
    next:
      'Sign in at POST /api/auth/login, or register, and send the accessToken of the answer with each ' +
      'request: "Authorization: Bearer <token>". A token in the URL or in a cookie does not count.'
  },
  invalid_credentials: {
    status: 401,
    title: 'The e-mail or the password is wrong',
    detail: 'Check both and try again.',
    action: 'sign-in',
    cause: 'There is no account with this e-mail and this password.',
    next:
      'Let the user type both again. The answer is the same for an e-mail without an account, so it may ' +
      'also be time to register.'
  },
  access_token_invalid: {
    status: 401,
    title: 'The access token is not valid',
    detail: 'The access token was not issued by this service, or it was damaged. Sign in to get a new one.',
    action: 'sign-in',
    cause:
      'The access token is not one of this service: its form, signature, issuer, audience or purpose is ' +
      'wrong, or it names a session or a user that it does not belong to.',
    next:
      'Send the accessToken as it was received, whole. If it was, it comes from another service, or from ' +
      'one whose keys have been changed since: sign in again.'
  },
  access_token_expired: {
    status: 401,
    title: 'The access token has expired',
    detail: 'Refresh it with the refresh token and repeat the request.',
    action: 'refresh',
    cause:
      'The access token is genuine, but its time is over. That happens every few minutes and is no ' +
      'reason to sign out.',
    next:
      'Send the pair to POST /api/auth/refresh and repeat the request with the new token; to save the ' +
      'detour, refresh once expiresIn seconds have passed since the pair arrived. latchkey/client does ' +
      'so by itself.'
  },
  access_token_revoked: {
    status: 401,
    title: 'The access token has been revoked',
    detail: 'Its session has ended. Sign in again.',
    action: 'sign-in',
    cause:
      'The access token is genuine and may have time left, but the session that it belongs to has ended.',
    next:
      'The user has signed out, here or from elsewhere, or the account is disabled or gone. A refresh ' +
      'will fail as well: forget the tokens and show the sign-in.'
  },
  access_token_stale: {
    status: 401,
    title: 'The access token is stale',
    detail:
      'The password or the e-mail was changed since. Refresh it with the refresh token, before its expiry too.',
    action: 'refresh',
    cause:
      'The password or the e-mail of the account was changed after this access token was issued. The session ' +
      'goes on.',
    next:
      'Send the pair to POST /api/auth/refresh now, though the access token may have time left, then ' +
      'repeat the request with the new one.'
  },
  refresh_token_invalid: {
    status: 401,
    title: 'The refresh token is not valid',
    detail: 'The refresh token was not issued by this service, or it was damaged. Sign in again.',
    action: 'sign-in',
    cause:
      'The refresh token is not one of this service, or its session was removed long after it had ended.',
    next:
      'Send the refreshToken as it was received, whole. If it was, its session is not known here (any ' +
      'more): sign in again.'
  },
  refresh_token_expired: {
    status: 401,
    title: 'The refresh token has expired',
    detail: 'The session was not used for too long, or it has reached its end. Sign in again.',
    action: 'sign-in',
    cause:
      'The session was not refreshed for too long, or it has reached the age at which every session ends.',
    next:
      'Nothing can renew this session. Sign in again, and refresh more often than REFRESH_TOKEN_TTL says ' +
      'to keep the next one.'
  },
  refresh_token_used: {
    status: 401,
    title: 'The refresh token has been used',
    detail:
      'A refresh token works once. If another tab has just refreshed, use the pair that it got; ' +
      'otherwise sign in again.',
    action: 'sign-in',
    cause: 'This refresh token has been exchanged for the next one before, and each works once.',
    next:
      'Do what action says. With use-latest, another tab was faster: take the pair that it stored. With ' +
      'sign-in, the token came back too late for a race, was taken for stolen, and the session has ended ' +
      'for both holders: sign in again, and look at GET /api/auth/events. To be safe from lost answers, ' +
      'send an Idempotency-Key with each refresh.'
  },
  refresh_token_revoked: {
    status: 401,
    title: 'The refresh token has been revoked',
    detail: 'Its session has ended. Sign in again.',
    action: 'sign-in',
    cause: 'The refresh token is genuine, but its session has ended.',
    next:
      'The user has signed out, here or from elsewhere, or a stolen token ended the session; GET ' +
      '/api/auth/events tells which, after the next sign-in.'
  },
  token_pair_mismatch: {
    status: 401,
    title: 'The tokens do not belong together',
    detail: 'Send the access token and the refresh token of one and the same answer, or sign in again.',
    action: 'sign-in',
    cause: 'Both tokens are genuine, but they come from different answers.',
    next:
      'Keep both tokens of an answer together, and replace them together. If the right partner is lost, ' +
      'sign in again.'
  },
  reauthentication_required: {
    status: 401,
    title: 'A recent authentication is required',
    detail:
      'Authenticate again at POST /api/auth/reauthenticate, then repeat the request with the same access token.',
    action: 'reauthenticate',
    cause:
      'The access token is good, but the operation could take the account over, and the user has not shown lately who he is, ' +
      'or not with everything that the account asks for: one that has a second factor or a passkey asks for that.',
    next:
      'Ask the user, and send the answer to POST /api/auth/reauthenticate: the password, where the account has no second ' +
      'factor, otherwise a code of the authenticator app, a recovery code or a passkey. The session is then fresh for ' +
      'REAUTHENTICATION_TTL, and the access token stays the same. WWW-Authenticate names the level (acr_values) and the seconds (max_age).'
  },
  password_wrong: {
    status: 403,
    title: 'The password is wrong',
    detail: 'Give the password that the account has now.',
    cause:
      'The request is signed in, but changing this takes the password as well, and the one given is not ' +
      'that of the account.',
    next:
      'Ask for the present password, which the account has now, not for the new one. Attempts are slowed ' +
      'down after some failures.'
  },
  account_disabled: {
    status: 403,
    title: 'The account is disabled',
    detail: 'Ask those who run the service. Nothing of the account is lost.',
    cause:
      'The password is right, but those who run the service have disabled the account. Its todos and ' +
      'settings are kept.',
    next:
      'Only those who run the service can change that: by "latchkey users enable". Trying again does not ' +
      'help.'
  },
  session_not_found: {
    status: 404,
    title: 'There is no such session',
    detail: 'It has ended, or the id is wrong. List the sessions to see those that live.',
    cause: 'The account has no live session with this id.',
    next: 'GET /api/auth/sessions lists those that live. One that has ended needs no ending.'
  },
  access_token_not_expired: {
    status: 409,
    title: 'The access token has not expired yet',
    detail: 'Go on using it, and refresh it after the seconds in Retry-After.',
    action: 'retry-later',
    cause:
      'A refresh was asked for while the access token still works. Nothing has changed, and nobody is ' +
      'signed out.',
    next:
      'Keep using the access token; the pair is as good as before. Refresh it after the seconds in ' +
      'Retry-After, when it has expired.'
  },
  already_taken: {
    status: 409,
    title: 'A name or an e-mail is taken',
    detail: 'The values listed in errors belong to another account. Choose others, or sign in.',
    cause:
      'The user name or the e-mail belongs to an account already; both are unique, without regard to ' +
      'case.',
    next:
      'The pointers in errors say whether it is the user name or the e-mail. Choose another one; if the ' +
      'account is your own, sign in.'
  },
  sign_in_throttled: {
    status: 429,
    title: 'Too many sign-ins have failed',
    detail:
      'Wait for the seconds in Retry-After, then try again. Until then no password and no code is checked.',
    action: 'retry-later',
    cause:
      'Too many passwords in a row were wrong, for this e-mail from this address, or for it from ' +
      'anywhere. Codes of a second factor are counted apart, and so are changes of the user name, as somebody might guess the ' +
      'password by them.',
    next:
      'Wait for the seconds in Retry-After; trying before that is of no use, even with the right ' +
      'password. Whoever is signed in already can go on.'
  }
} as const satisfies Record<string, ProblemType>

type AuthProblems = typeof authProblems

declare module '../problems/problem.ts' {
  interface ProblemCatalogue extends AuthProblems {}
}
