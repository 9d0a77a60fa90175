import type { ProblemType } from './problem-type.ts'

/** The problems that any operation may meet with. */
export const httpProblems = {
  malformed_request: {
    status: 400,
    title: 'The request could not be read',
    detail:
      'The address, a header or the body is not well formed. Escape what stands in an address, and send ' +
      'valid JSON, encoded as UTF-8.',
    cause:
      'The body is not JSON or not UTF-8, or the address or the HTTP around it is broken: say, two Host ' +
      'headers. Nothing was done.',
    next:
      'Make the body with a JSON serializer rather than by hand, send it as UTF-8, and let the HTTP ' +
      'library count its length. In a path, escape what is not a letter or a digit.'
  },
  request_refused: {
    status: 400,
    title: 'The request was refused',
    detail: 'It is not accepted as it is; the status says why. Compare it with the documentation.',
    cause:
      'A library that the service uses has refused the request, and gave no reason but the status of the ' +
      'answer. Nothing was done.',
    next:
      'Look at the status, which need not be 400, and compare the request with /openapi.json. A file of ' +
      '/docs is to be asked for at an address that its page links to.'
  },
  validation_failed: {
    status: 400,
    title: 'The request is not valid',
    detail: 'Correct the fields listed in errors and send the request again.',
    cause:
      'The request could be read, but some values are not what the operation takes, or have names that ' +
      'it does not know. Nothing was done.',
    next:
      'Each member of errors names a field by its pointer, or a parameter of the URL, and says what is ' +
      'accepted. Correct all of them, and send the request again. When there are a hundred, there may be ' +
      'more.'
  },
  not_found: {
    status: 404,
    title: 'There is nothing at this address',
    detail: 'Check the path: it is case-sensitive and has no slash at its end.',
    cause: 'No operation has this path.',
    next:
      'Compare the address with /openapi.json or /docs. Paths are case-sensitive and have no slash at ' +
      'their end.'
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed here',
    detail: 'Use one of the methods in the Allow header.',
    cause: 'There is something at this address, but it does not take this method.',
    next:
      'The Allow header of the answer names the methods of this address; /openapi.json says what each ' +
      'does.'
  },
  not_acceptable: {
    status: 406,
    title: 'There is no answer of an accepted media type',
    detail: 'Send no Accept header, or one that has a media type of the documentation.',
    cause: 'The Accept header names only media types that this operation does not have.',
    next: 'Leave the Accept header out, or name a media type that the operation has in /openapi.json.'
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    detail: 'Send the whole request without a pause.',
    action: 'retry',
    cause: 'The request did not arrive whole within 30 seconds.',
    next:
      'Send the same request again, whole and without a pause. If that keeps happening, look at the ' +
      'network, or divide the body.'
  },
  precondition_failed: {
    status: 412,
    title: 'The state is not the expected one',
    detail:
      'It was changed since; nothing was done. Look at its present state in current, and try again with ' +
      'its ETag.',
    cause:
      'The resource has changed since the state that If-Match, or the etag in the body of a PUT, names; ' +
      'or it is in the state that If-None-Match excludes.',
    next:
      'Take the state in current, apply the change to it (or ask the user), and send it with the new ' +
      'ETag as If-Match. Nothing was changed by the request that failed.'
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    detail: 'Send less at a time; /api/limits tells how much is taken.',
    cause: 'The body has more bytes than the operation takes. None of it was used.',
    next:
      'GET /api/limits says how much is taken. Divide an import between two lines, and a batch between ' +
      'two operations.'
  },
  uri_too_long: {
    status: 414,
    title: 'The address is too long',
    detail: 'Shorten the path.',
    cause: 'A part of the path is longer than any that means something.',
    next:
      'An id in the path is a UUID, of 36 characters, and a tag has 50 characters at most, in the composed form of Unicode (NFC). ' +
      'Look for something that was put into the path by mistake.'
  },
  unsupported_media_type: {
    status: 415,
    title: 'The media type is not supported',
    detail: 'Send the body as one of the types in the Accept header of this answer.',
    cause:
      'The body is of a media type that this operation does not take, its type was not said, or it is ' +
      'compressed.',
    next:
      'Set the Content-Type header to one of the types in the Accept header of the answer: ' +
      'application/json nearly everywhere. Send the body as it is, without a Content-Encoding.'
  },
  precondition_required: {
    status: 428,
    title: 'The request must be conditional',
    detail: 'Send the ETag of the state that you mean to change as If-Match.',
    cause: 'The request would change something without saying which state of it was seen.',
    next:
      'Read it, then send its ETag as If-Match with the change: so nobody overwrites what they have not ' +
      'seen. The service is set to ask for it (REQUIRE_IF_MATCH).'
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    detail: 'Wait for the seconds in Retry-After, then try again.',
    action: 'retry-later',
    cause: 'More requests came from this address within a minute than are taken.',
    next:
      'Wait for the seconds in Retry-After, then go on more slowly. GET /api/limits says how many ' +
      'requests are taken in a minute; a batch does many things in one.'
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    detail: 'Send fewer or shorter headers.',
    cause: 'The headers of the request have more bytes than are taken.',
    next: 'Send fewer or shorter headers: all of them together may have 16 KiB.'
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong on our side',
    detail: 'It has been logged under the id in instance. Try again; if it stays, report that id.',
    action: 'retry',
    cause: 'The service met with an error that nobody had foreseen.',
    next:
      'Try again, with the same Idempotency-Key if there was one. If it stays, tell those who run the ' +
      'service the instance: the log has the cause under this id.'
  },
  overloaded: {
    status: 503,
    title: 'The service is busy',
    detail: 'Nothing was done. Wait for the seconds in Retry-After, then try again.',
    action: 'retry-later',
    cause:
      'More was asked for than the service can do in time, so it turned this request away at once rather ' +
      'than answer it too late.',
    next:
      'Wait for the seconds in Retry-After, a little longer each time, and send the same request again. ' +
      'Those who run the service find in its metrics what is busy.'
  },
  shutting_down: {
    status: 503,
    title: 'The service is shutting down',
    detail:
      'Send requests to another instance, or wait for the seconds in Retry-After: it may be back by then.',
    action: 'retry-later',
    cause: 'This instance of the service has been told to stop.',
    next:
      'A load balancer sends the next request to another instance by itself. Otherwise wait for the ' +
      'seconds in Retry-After.'
  },
  database_unavailable: {
    status: 503,
    title: 'The database does not answer',
    detail:
      'Wait for the seconds in Retry-After, then try again. A write may yet have been done, if only its ' +
      'answer was lost.',
    action: 'retry-later',
    cause:
      'The service is up, but its database cannot be reached, does not answer in time, or cannot be ' +
      'written to.',
    next:
      'Wait for the seconds in Retry-After, then send the same request again; with an Idempotency-Key ' +
      'nothing is done twice. Those who run the service find the cause by "latchkey doctor".'
  }
} as const satisfies Record<string, ProblemType>

export type HttpProblems = typeof httpProblems
