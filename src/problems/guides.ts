import type { ProblemCode } from './problem.ts'

interface Guide {
  readonly cause: string
  readonly next: string
}

/**
 * What is behind each problem and what to do about it, for the developer who looks it up. The answer itself has the short
 * form, the `detail` of the catalogue.
 */
export const guides: Record<ProblemCode, Guide> = {
  malformed_request: {
    cause:
      'The body is not JSON or not UTF-8, or the address or the HTTP around it is broken: say, two Host ' +
      'headers. Nothing was done.',
    next:
      'Make the body with a JSON serializer rather than by hand, send it as UTF-8, and let the HTTP ' +
      'library count its length. In a path, escape what is not a letter or a digit.'
  },
  request_refused: {
    cause:
      'A library that the service uses has refused the request, and gave no reason but the status of the ' +
      'answer. Nothing was done.',
    next:
      'Look at the status, which need not be 400, and compare the request with /openapi.json. A file of ' +
      '/docs is to be asked for at an address that its page links to.'
  },
  validation_failed: {
    cause:
      'The request could be read, but some values are not what the operation takes, or have names that it ' +
      'does not know. Nothing was done.',
    next:
      'Each member of errors names a field by its pointer, or a parameter of the URL, and says what is ' +
      'accepted. Correct all of them, and send the request again. When there are a hundred, there may be more.'
  },
  authentication_required: {
    cause:
      'The operation works on an account, and the request does not say on which: it has no access token.',
    next:
      'Sign in at POST /api/auth/login, or register, and send the accessToken of the answer with each ' +
      'request: "Authorization: Bearer <token>". A token in the URL or in a cookie does not count.'
  },
  invalid_credentials: {
    cause: 'There is no account with this e-mail and this password.',
    next:
      'Let the user type both again. The answer is the same for an e-mail without an account, so it may ' +
      'also be time to register.'
  },
  access_token_invalid: {
    cause:
      'The access token is not one of this service: its form, signature, issuer, audience or purpose is ' +
      'wrong, or it names a session or a user that it does not belong to.',
    next:
      'Send the accessToken as it was received, whole. If it was, it comes from another service, or from ' +
      'one whose keys have been changed since: sign in again.'
  },
  access_token_expired: {
    cause:
      'The access token is genuine, but its time is over. That happens every few minutes and is no reason ' +
      'to sign out.',
    next:
      'Send the pair to POST /api/auth/refresh and repeat the request ' +
      'with the new token; to save the detour, refresh once expiresIn seconds have passed since the pair ' +
      'arrived. latchkey/client does so by itself.'
  },
  access_token_revoked: {
    cause:
      'The access token is genuine and may have time left, but the session that it belongs to has ended.',
    next:
      'The user has signed out, here or from elsewhere, or the account is disabled or gone. A refresh ' +
      'will fail as well: forget the tokens and show the sign-in.'
  },
  access_token_stale: {
    cause: 'The password of the account was changed after this access token was issued. The session goes on.',
    next:
      'Send the pair to POST /api/auth/refresh now, though the access token may have time left, then ' +
      'repeat the request with the new one.'
  },
  refresh_token_invalid: {
    cause:
      'The refresh token is not one of this service, or its session was removed long after it had ended.',
    next:
      'Send the refreshToken as it was received, whole. If it was, its session is not known here (any ' +
      'more): sign in again.'
  },
  refresh_token_expired: {
    cause:
      'The session was not refreshed for too long, or it has reached the age at which every session ends.',
    next:
      'Nothing can renew this session. Sign in again, and refresh more often than REFRESH_TOKEN_TTL says ' +
      'to keep the next one.'
  },
  refresh_token_used: {
    cause: 'This refresh token has been exchanged for the next one before, and each works once.',
    next:
      'Do what action says. With use-latest, another tab was faster: take the pair that it stored. With ' +
      'sign-in, the token came back too late for a race, was taken for stolen, and the session has ended ' +
      'for both holders: sign in again, and look at GET /api/auth/events. To be safe from lost answers, ' +
      'send an Idempotency-Key with each refresh.'
  },
  refresh_token_revoked: {
    cause: 'The refresh token is genuine, but its session has ended.',
    next:
      'The user has signed out, here or from elsewhere, or a stolen token ended the session; GET ' +
      '/api/auth/events tells which, after the next sign-in.'
  },
  token_pair_mismatch: {
    cause: 'Both tokens are genuine, but they come from different answers.',
    next:
      'Keep both tokens of an answer together, and replace them together. If the right partner is lost, ' +
      'sign in again.'
  },
  password_wrong: {
    cause:
      'The request is signed in, but changing this takes the password as well, and the one given is not ' +
      'that of the account.',
    next:
      'Ask for the present password, which the account has now, not for the new one. Attempts are slowed ' +
      'down after some failures.'
  },
  account_disabled: {
    cause:
      'The password is right, but those who run the service have disabled the account. Its todos and ' +
      'settings are kept.',
    next:
      'Only those who run the service can change that: by "latchkey users enable". Trying again does not ' +
      'help.'
  },
  quota_exceeded: {
    cause:
      'The request would add to todos of an account that has as many, or as many bytes of them, as the service lets one ' +
      'have. Those in the trash count until they are deleted for good.',
    next:
      'Delete todos for good: `DELETE /api/todos/{id}?permanent=true`, also of those in the trash, which goes by itself after ' +
      'some time. What takes something away is never refused. GET /api/limits tells both limits.'
  },
  password_change_required: {
    cause:
      'The password is right, but those who run the service have set it ("latchkey users reset-password"), so ' +
      'that somebody else knows it. It is good for one thing, to set another.',
    next:
      'Let the user choose a password, and send the same e-mail and password to POST /api/auth/login again, ' +
      'with the chosen one as newPassword. That sets it and signs in.'
  },
  password_expired: {
    cause:
      'The password is right, but those who run the service have set it, and it was not changed within 7 ' +
      'days. It is good for nothing any more.',
    next: 'Only those who run the service can give another: by "latchkey users reset-password".'
  },
  not_found: {
    cause: 'No operation has this path.',
    next:
      'Compare the address with /openapi.json or /docs. Paths are case-sensitive and have no slash at ' +
      'their end.'
  },
  session_not_found: {
    cause: 'The account has no live session with this id.',
    next: 'GET /api/auth/sessions lists those that live. One that has ended needs no ending.'
  },
  todo_not_found: {
    cause:
      'The account has no todo with this id, or it is in the trash. To a create that was sent again with its ' +
      'Idempotency-Key it says that the todo was made, and deleted for good since.',
    next:
      'GET /api/todos lists those that exist, and with deleted=true those in the trash, which can be ' +
      'restored. The todos of other users cannot be told from missing ones.'
  },
  method_not_allowed: {
    cause: 'There is something at this address, but it does not take this method.',
    next:
      'The Allow header of the answer names the methods of this address; /openapi.json says what each ' +
      'does.'
  },
  not_acceptable: {
    cause: 'The Accept header names only media types that this operation does not have.',
    next: 'Leave the Accept header out, or name a media type that the operation has in /openapi.json.'
  },
  request_timeout: {
    cause: 'The request did not arrive whole within 30 seconds.',
    next:
      'Send the same request again, whole and without a pause. If that keeps happening, look at the ' +
      'network, or divide the body.'
  },
  access_token_not_expired: {
    cause:
      'A refresh was asked for while the access token still works. Nothing has changed, and nobody is ' +
      'signed out.',
    next:
      'Keep using the access token; the pair is as good as before. Refresh it after the seconds in ' +
      'Retry-After, when it has expired.'
  },
  already_taken: {
    cause:
      'The user name or the e-mail belongs to an account already; both are unique, without regard to case.',
    next:
      'The pointers in errors say whether it is the user name or the e-mail. Choose another one; if the ' +
      'account is your own, sign in.'
  },
  idempotency_key_in_use: {
    cause: 'A request with the same Idempotency-Key came a moment ago, and its answer is not known yet.',
    next:
      'The first request with this key is still being worked on. Wait for the seconds in Retry-After and ' +
      'send the very same request again: it gets the answer of the first.'
  },
  precondition_failed: {
    cause:
      'The todo has changed since the state that If-Match, or the etag in the body of a PUT, names; or it ' +
      'is in the state that If-None-Match excludes.',
    next:
      'Take the todo in current, apply the change to it (or ask the user), and send it with the new ETag ' +
      'as If-Match. Nothing was changed by the request that failed.'
  },
  body_too_large: {
    cause: 'The body has more bytes than the operation takes. None of it was used.',
    next:
      'GET /api/limits says how much is taken. Divide an import between two lines, and a batch between ' +
      'two operations.'
  },
  uri_too_long: {
    cause: 'A part of the path is longer than any that means something.',
    next:
      'An id in the path is a UUID, of 36 characters. Look for something that was put into the path by ' +
      'mistake.'
  },
  unsupported_media_type: {
    cause:
      'The body is of a media type that this operation does not take, its type was not said, or it is ' +
      'compressed.',
    next:
      'Set the Content-Type header to one of the types in the Accept header of the answer: ' +
      'application/json nearly everywhere. Send the body as it is, without a Content-Encoding.'
  },
  idempotency_key_reused: {
    cause:
      'The key was sent before with a request that was not the same. Neither the old answer nor a new ' +
      'effect would be right. How JSON is written, and in which order its members stand, does not matter.',
    next:
      'A key stands for one request. Make a new one, a UUID say, for each new request; reuse it only to ' +
      'send the same again.'
  },
  precondition_required: {
    cause: 'The request would change a todo without saying which state of it was seen.',
    next:
      'Read the todo, then send its ETag as If-Match with the change: so nobody overwrites what they have ' +
      'not seen. The service is set to ask for it (REQUIRE_IF_MATCH).'
  },
  sign_in_throttled: {
    cause:
      'Too many passwords in a row were wrong, for this e-mail from this address, or for it from ' +
      'anywhere. Changes of the user name are counted apart, as somebody might guess the password by them.',
    next:
      'Wait for the seconds in Retry-After; trying before that is of no use, even with the right ' +
      'password. Whoever is signed in already can go on.'
  },
  rate_limited: {
    cause: 'More requests came from this address within a minute than are taken.',
    next:
      'Wait for the seconds in Retry-After, then go on more slowly. GET /api/limits says how many ' +
      'requests are taken in a minute; POST /api/todos/batch does many things in one.'
  },
  headers_too_large: {
    cause: 'The headers of the request have more bytes than are taken.',
    next: 'Send fewer or shorter headers: all of them together may have 16 KiB.'
  },
  internal_error: {
    cause: 'The service met with an error that nobody had foreseen.',
    next:
      'Try again, with the same Idempotency-Key if there was one. If it stays, tell those who run the ' +
      'service the instance: the log has the cause under this id.'
  },
  overloaded: {
    cause:
      'More was asked for than the service can do in time, so it turned this request away at once rather ' +
      'than answer it too late.',
    next:
      'Wait for the seconds in Retry-After, a little longer each time, and send the same request again. ' +
      'Those who run the service find in its metrics what is busy.'
  },
  shutting_down: {
    cause: 'This instance of the service has been told to stop.',
    next:
      'A load balancer sends the next request to another instance by itself. Otherwise wait for the ' +
      'seconds in Retry-After.'
  },
  database_unavailable: {
    cause:
      'The service is up, but its database cannot be reached, does not answer in time, or cannot be ' +
      'written to.',
    next:
      'Wait for the seconds in Retry-After, then send the same request again; with an Idempotency-Key ' +
      'nothing is done twice. Those who run the service find the cause by "latchkey doctor".'
  }
}
