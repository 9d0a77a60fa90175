import type { ProblemType } from '../../problems/problem-type.ts'

/** The problems of passkeys. */
export const passkeyProblems = {
  passkey_malformed: {
    status: 400,
    title: 'The answer of the authenticator cannot be read',
    detail: 'Send what PublicKeyCredential.toJSON() gives, whole and unchanged.',
    cause:
      'What was sent as the passkey is not what an authenticator makes: it was cut, changed or encoded in another way, or ' +
      'the signature of its own key is wrong.',
    next:
      'Send what navigator.credentials gave, converted by toJSON(): every binary member in base64url without padding. Ask for ' +
      'new options and let the user try again.'
  },
  passkey_unsupported: {
    status: 400,
    title: 'This kind of passkey is not supported',
    detail: 'Ask for new options, and hand them to the authenticator as they are.',
    cause:
      'The key has another algorithm than the options name (ES256, EdDSA and RS256), or is too short or too long, or the answer ' +
      'has an attestation of the maker of the device, which the options do not ask for.',
    next: 'Hand the options on unchanged, with attestation "none" and their pubKeyCredParams.'
  },
  passkey_challenge_invalid: {
    status: 400,
    title: 'The challenge of the passkey is not valid',
    detail: 'Ask for new options, and let the user try again.',
    cause:
      'The challenge that was signed was not made by this service, or for something else: for another account, or for another of ' +
      'signing in, signing up and adding a passkey.',
    next: 'Ask for options at the endpoint beside the one that takes the answer, with the same access token if it takes one.'
  },
  passkey_not_recognized: {
    status: 401,
    title: 'The passkey is not recognized',
    detail: 'Use another passkey, or sign in another way.',
    action: 'sign-in',
    cause:
      'No account has this passkey (any more), or its signature is wrong, or it is not one of the account that is asked for. The ' +
      'answer is the same in each case.',
    next:
      'Let the user choose another passkey or sign in another way. PublicKeyCredential.signalUnknownCredential() has password ' +
      'managers forget the passkey.'
  },
  passkey_origin_refused: {
    status: 403,
    title: 'Passkeys are not used from here',
    detail:
      'The page or app is none of those whose passkeys are accepted. Those who run the service name them.',
    action: 'ask-operators',
    cause:
      'The origin of the page or app that asked for the passkey is not in the settings, or the passkey belongs to another domain, ' +
      'or the page was embedded in another one. So a page that imitates yours gains nothing.',
    next:
      'If the page is yours, have its origin added to PASSKEY_ORIGINS; its host must be PASSKEY_RP_ID or below. ' +
      'PASSKEY_RELATED_ORIGINS takes those of other domains.'
  },
  passkey_user_not_verified: {
    status: 403,
    title: 'The passkey did not verify its user',
    detail: 'Unlock the passkey with a fingerprint, the face, the PIN or the code of the device.',
    cause:
      'The authenticator was touched at most: it has not verified who holds it. A passkey stands for two factors only if it has.',
    next: 'Hand the options on unchanged: they demand user verification. An authenticator without a PIN needs one first.'
  },
  passkey_not_found: {
    status: 404,
    title: 'There is no such passkey',
    detail: 'It was removed, or the id is wrong. List the passkeys to see those that there are.',
    cause: 'The account has no passkey with this id.',
    next: 'GET /api/auth/passkeys lists them.'
  },
  passkey_already_registered: {
    status: 409,
    title: 'The passkey is registered already',
    detail: 'Sign in with it, or make another one.',
    cause: 'An account has this passkey already.',
    next: 'Hand excludeCredentials of the options on unchanged: an authenticator then makes no second passkey for an account.'
  },
  too_many_passkeys: {
    status: 409,
    title: 'The account has too many passkeys',
    detail: 'Remove one that is not needed any more, then try again.',
    cause: 'The account has as many passkeys as an account may have: 20.',
    next: 'GET /api/auth/passkeys tells when each was last used.'
  },
  last_way_in: {
    status: 409,
    title: 'This is the last way in',
    detail: 'Add another passkey or set a password first.',
    cause:
      'The account has no password and no other passkey: without this one, nobody could sign in any more.',
    next:
      'Add another passkey at POST /api/auth/passkeys, or set a password, by PUT /api/auth/password or by a mail for a forgotten ' +
      'password. Then remove this one.'
  },
  passkey_challenge_expired: {
    status: 410,
    title: 'The challenge of the passkey is over',
    detail: 'Ask for new options, and let the user try again.',
    cause: 'A challenge is good for five minutes and once.',
    next: 'Ask for new options right before the user is asked, and send each answer once.'
  },
  passkeys_not_configured: {
    status: 501,
    title: 'The service takes no passkeys',
    detail: 'Passkeys belong to a domain, and those who run the service have not said to which.',
    cause:
      'The service has no PASSKEY_RP_ID. It has no PUBLIC_URL that begins with https and the name of a domain, or with ' +
      'http://localhost. And it is not a service on a loopback HOST without PUBLIC_URL, which would take passkeys of localhost.',
    next:
      'Only those who run the service can change that: by PASSKEY_RP_ID and PASSKEY_ORIGINS, as docs/configuration.md says. Do ' +
      'not offer passkeys until then.'
  }
} as const satisfies Record<string, ProblemType>

type PasskeyProblems = typeof passkeyProblems

declare module '../../problems/problem.ts' {
  interface ProblemCatalogue extends PasskeyProblems {}
}
