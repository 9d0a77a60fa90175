import type { ProblemType } from '../../problems/problem-type.ts'

/** The problems of second factors. */
export const factorProblems = {
  second_factor_required: {
    status: 401,
    title: 'A second factor is required',
    detail: 'Send one of methods with the challenge to POST /api/auth/login/second-factor.',
    action: 'second-factor',
    cause:
      'The password is right, and the account has a second factor: an authenticator app or a passkey. The password alone signs ' +
      'nobody in.',
    next:
      'Ask the user for what methods names: totp is the code of the authenticator app, passkey what navigator.credentials.get() ' +
      'gives, recovery_code one of the codes that were shown when the first factor was set up. Send it with the challenge, which is good for expiresIn seconds and once.'
  },
  sign_in_expired: {
    status: 401,
    title: 'The sign-in has to begin anew',
    detail: 'Sign in with the password again, and go on with the challenge of that answer.',
    action: 'sign-in',
    cause:
      'The challenge is not good, or no longer: five minutes are over, it was used, five answers to it were wrong, the password ' +
      'was changed since, or it was not made by this service, for this purpose.',
    next:
      'Sign in at POST /api/auth/login again. Send the challenge of the answer as it was received, whole. Nothing is held against ' +
      'the account.'
  },
  second_factor_wrong: {
    status: 403,
    title: 'The code is wrong',
    detail:
      'Wait for the next code of the authenticator app, and give that. Or give a recovery code that was not used.',
    cause:
      'The code is not one of the account, not of the present half minute or one of its neighbours, or it was used before: each ' +
      'code is taken once.',
    next:
      'Let the user wait for the next code of the app, and check the clock of the device: half a minute either way is forgiven. A ' +
      'recovery code is used up once it was taken. After five wrong codes a sign-in begins anew.'
  },
  factor_not_found: {
    status: 404,
    title: 'There is no such factor',
    detail: 'List the factors for their ids.',
    cause: 'The account has no factor with this id, or has none any more.',
    next: 'GET /api/auth/factors lists the factors. One that nobody has confirmed goes with the next one that is begun.'
  },
  factor_confirmed: {
    status: 409,
    title: 'The factor is confirmed already',
    detail: 'It counts, and needs no more confirmation.',
    cause: 'The factor was confirmed before.',
    next: 'Go on. If the answer with the recovery codes got lost, make new ones at POST /api/auth/recovery-codes.'
  },
  too_many_factors: {
    status: 409,
    title: 'The account has as many factors as it can have',
    detail: 'Remove one that is no longer used, then add the new one.',
    cause: 'The account has five authenticator apps.',
    next: 'GET /api/auth/factors tells when each was last used. Remove one at DELETE /api/auth/factors/{id}.'
  },
  no_second_factor: {
    status: 409,
    title: 'The account has no second factor',
    detail: 'Add a second factor first: its answer has the recovery codes.',
    cause: 'Recovery codes stand in for a second factor, and the account has none.',
    next: 'Add one at POST /api/auth/factors/totp. The answer that confirms it has the first ten recovery codes.'
  },
  sealing_not_configured: {
    status: 501,
    title: 'The service takes no authenticator apps',
    detail:
      'Their secrets would have to be sealed, and those who run the service have given no key for that.',
    cause: 'The operation seals a secret, and the service has no SEALING_KEY.',
    next:
      'Only those who run the service can change that: by SEALING_KEY, as docs/configuration.md says. Do not offer ' +
      'authenticator apps until then.'
  }
} as const satisfies Record<string, ProblemType>

type FactorProblems = typeof factorProblems

declare module '../../problems/problem.ts' {
  interface ProblemCatalogue extends FactorProblems {}
}
