/** What a client should do after a refusal; a program branches on the name, not on the words. */
export const actions = {
  'ask-operators': 'Ask those who run the service.',
  refresh: 'Exchange the pair of tokens at POST /api/auth/refresh, then repeat the request with the new one.',
  reauthenticate: 'Authenticate again at POST /api/auth/reauthenticate, then repeat the request.',
  'request-mail': 'Ask for a new mail, then go on with its link or code.',
  'replace-token':
    'Use another personal access token, which the owner of the account makes at POST /api/auth/tokens.',
  resync: 'Take everything anew, from the beginning of the changes.',
  retry: 'Send the same request again.',
  'retry-later': 'Wait for the seconds in Retry-After, then send the same request again.',
  'second-factor': 'Send a second factor to POST /api/auth/login/second-factor.',
  'sign-in': 'Forget the tokens and let the user sign in.',
  'use-latest': 'Take the tokens that another tab or request has just got, and go on with them.'
}

export type Action = keyof typeof actions

/** A kind of problem, with its guide for the developer who looks it up. */
export interface ProblemType {
  readonly status: number
  /** Also serves as `error_description`: plain ASCII without quotes (RFC 6750, section 3). */
  readonly title: string
  /** What happened and what to do next, in short. */
  readonly detail: string
  readonly action?: Action
  /** What happened, at greater length. */
  readonly cause: string
  /** What to do next, at greater length. */
  readonly next: string
}
