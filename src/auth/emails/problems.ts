import type { ProblemOptions } from '../../problems/problem.ts'
import type { ProblemType } from '../../problems/problem-type.ts'

/** The problems of links, codes and the ways to an account that need mail. */
export const emailProblems = {
  link_invalid: {
    status: 400,
    title: 'The link is not valid',
    detail: 'Open the link of the mail again, whole: part of it is missing, or was changed.',
    cause:
      'The token was not made by this service, or for another purpose, or it was cut or changed on its way.',
    next:
      'Send the token as it stands in the mail, whole. Mail programs may break a long link into lines. If it ' +
      'is whole, ask for a new mail.'
  },
  code_wrong: {
    status: 403,
    title: 'The code is wrong',
    detail: 'Look at the latest mail, and give its six digits. There are five tries in an hour.',
    cause: 'The code is not the one of the latest mail for this challenge.',
    next:
      'Let the user type the code of the latest mail: a new mail makes the codes before it worthless. Each ' +
      'try counts, also across new codes.'
  },
  sign_up_closed: {
    status: 403,
    title: 'Nobody can make an account by themselves',
    detail: 'Ask those who run the service for an account.',
    cause: 'The service is set up so that accounts are made by those who run it (SIGN_UP=closed).',
    next: 'Hide the registration. Those who run the service make accounts by "latchkey users create".'
  },
  invitation_required: {
    status: 403,
    title: 'An invitation is required',
    detail: 'Open the link of the invitation that was mailed, or ask those who run the service for one.',
    cause: 'The service takes registrations with an invitation only (SIGN_UP=invited), and there was none.',
    next:
      'Send the token of the invitation as "invitation". Those who run the service invite by "latchkey users ' +
      'invite".'
  },
  link_expired: {
    status: 410,
    title: 'The link has expired',
    detail: 'Ask for a new mail.',
    action: 'request-mail',
    cause: 'The link is genuine, but its time is over.',
    next:
      'Ask for a new mail. A link to reset the password is good for an hour, the others for seven days. Those who run ' +
      'the service send invitations. A link that puts an e-mail back is mailed once only.'
  },
  link_used: {
    status: 410,
    title: 'The link is no longer good',
    detail:
      'It was used, or something has changed since it was mailed. If it is still needed, ask for a new mail.',
    action: 'request-mail',
    cause:
      'The link is genuine, but it was used before, a newer one has taken its place, or the password or the ' +
      'e-mail was changed since.',
    next:
      'If what the link was for is not done yet, ask for a new mail. Those who run the service send invitations. A ' +
      'link that puts an e-mail back is mailed once only.'
  },
  challenge_expired: {
    status: 410,
    title: 'There is no such challenge any more',
    detail: 'Ask for a new code.',
    action: 'request-mail',
    cause:
      'A code is good for ten minutes and once. The challengeId is not one of this account and purpose, or a ' +
      'newer code has taken its place.',
    next: 'Ask for a new code, and send it with the challengeId of that answer.'
  },
  too_many_tries: {
    status: 429,
    title: 'Too many codes were wrong',
    detail: 'Wait for the seconds in Retry-After, then ask for a new code.',
    action: 'retry-later',
    cause: 'Five codes in an hour were tried. New codes do not change that, or they could be guessed.',
    next: 'Wait for the seconds in Retry-After, then ask for a new code.'
  }
} as const satisfies Record<string, ProblemType>

type EmailProblems = typeof emailProblems

declare module '../../problems/problem.ts' {
  interface ProblemCatalogue extends EmailProblems {}
}

/** The particulars of a link that only those who run the service can replace. */
export const ONLY_BY_OPERATORS = {
  detail: 'Ask those who run the service: only they can mail another one, or do what the link was for.',
  action: 'ask-operators'
} as const satisfies ProblemOptions
