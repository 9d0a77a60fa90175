import type { ProblemType } from '../problems/problem-type.ts'

/** The problems of what needs mail. */
export const mailProblems = {
  mail_not_configured: {
    status: 501,
    title: 'The service sends no mail',
    detail: 'This needs a mail, and those who run the service have not said how to send one.',
    cause: 'The operation sends a mail, and the service has no MAIL_URL.',
    next:
      'Only those who run the service can change that: by MAIL_URL, MAIL_FROM and PUBLIC_URL, as ' +
      'docs/configuration.md says. Do not offer what needs mail until then.'
  },
  mail_throttled: {
    status: 429,
    title: 'Too many mails were asked for',
    detail:
      'Wait for the seconds in Retry-After. Until then look at the mails that have arrived, and in the spam.',
    action: 'retry-later',
    cause:
      'Too many mails were asked for within an hour, for this address or from this network. Addresses ' +
      'without an account are counted alike, so the answer does not tell whether there is one.',
    next:
      'Wait for the seconds in Retry-After. The latest mail that has arrived is the one to use; it may lie ' +
      'in the spam.'
  }
} as const satisfies Record<string, ProblemType>

type MailProblems = typeof mailProblems

declare module '../problems/problem.ts' {
  interface ProblemCatalogue extends MailProblems {}
}
