import t from 'tap'
import { createAuthenticator, type Deviations, FLAGS, ORIGIN } from '../support/authenticator.ts'
import type { CborValue } from '../support/cbor.ts'
import { expectedProblem, serve } from '../support/service.ts'
import { addPasskey, OPTIONS, PASSKEYS, SIGN_IN, SIGN_IN_OPTIONS, SIGN_UP_OPTIONS } from './with-passkey.ts'

/** Of wrong answers to either ceremony: their status and code. */
const WRONG_ANYWHERE: Record<string, [Deviations, number, string]> = {
  'another origin': [{ origin: 'https://evil.example' }, 403, 'passkey_origin_refused'],
  'a look-alike of this machine': [
    { origin: 'http://localhost.evil.example' },
    403,
    'passkey_origin_refused'
  ],
  'an opaque origin': [{ origin: 'null' }, 403, 'passkey_origin_refused'],
  'an embedded page': [{ clientData: { crossOrigin: true } }, 403, 'passkey_origin_refused'],
  'an embedded page that says in what': [
    { clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } },
    403,
    'passkey_origin_refused'
  ],
  'another domain': [{ rpId: 'evil.example' }, 403, 'passkey_origin_refused'],
  'no user verification': [{ flags: FLAGS.present }, 403, 'passkey_user_not_verified'],
  'no user presence': [{ flags: FLAGS.verified }, 403, 'passkey_user_not_verified'],
  'a challenge of nobody': [{ challenge: 'AAAA' }, 400, 'passkey_challenge_invalid'],
  'an empty challenge': [{ challenge: '' }, 400, 'passkey_challenge_invalid'],
  'a challenge of the right length': [
    { challenge: Buffer.alloc(54).toString('base64url') },
    400,
    'passkey_challenge_invalid'
  ],
  'another ceremony': [{ type: 'payment.get' }, 400, 'passkey_malformed'],
  'a backup of what cannot be backed up': [
    { flags: FLAGS.present | FLAGS.verified | FLAGS.backedUp },
    400,
    'passkey_malformed'
  ],
  'bytes after the end': [{ flags: FLAGS.present | FLAGS.verified | 128 }, 400, 'passkey_malformed']
}

t.test('[WEBAUTHN-7.1] what is wrong with a new passkey is told, and nothing is used up', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const { body: options } = await call('POST', OPTIONS, { token })
  const authenticator = createAuthenticator()
  const statement = (entries: [string, CborValue][]) => new Map<string, CborValue>(entries)
  const cases: Record<string, [Deviations, number, string]> = {
    ...WRONG_ANYWHERE,
    'an unknown algorithm': [
      {
        publicKey: keyOf([
          [1, 2],
          [3, -47]
        ])
      },
      400,
      'passkey_unsupported'
    ],
    'no algorithm': [{ publicKey: keyOf([[1, 2]]) }, 400, 'passkey_unsupported'],
    'a post-quantum algorithm': [
      {
        publicKey: keyOf([
          [1, 7],
          [3, -48],
          [-1, Buffer.alloc(100)]
        ])
      },
      400,
      'passkey_unsupported'
    ],
    'a short RSA key': [
      {
        publicKey: keyOf([
          [1, 3],
          [3, -257],
          [-1, Buffer.alloc(128, 255)],
          [-2, Buffer.of(1, 0, 1)]
        ])
      },
      400,
      'passkey_unsupported'
    ],
    'a huge RSA key': [
      {
        publicKey: keyOf([
          [1, 3],
          [3, -257],
          [-1, Buffer.alloc(2048, 255)],
          [-2, Buffer.of(1, 0, 1)]
        ])
      },
      400,
      'passkey_unsupported'
    ],
    'an RSA key with which everybody can sign': [{ publicKey: rsaKeyOf(1) }, 400, 'passkey_unsupported'],
    'an RSA key with an exponent of nothing': [{ publicKey: rsaKeyOf() }, 400, 'passkey_unsupported'],
    'an RSA key with an even exponent': [{ publicKey: rsaKeyOf(1, 0, 0) }, 400, 'passkey_unsupported'],
    'an RSA key whose exponent is 1 after zeros': [
      { publicKey: rsaKeyOf(0, 0, 1) },
      400,
      'passkey_unsupported'
    ],
    'a point that is not on the curve': [
      {
        publicKey: keyOf([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, Buffer.alloc(32, 1)],
          [-3, Buffer.alloc(32, 1)]
        ])
      },
      400,
      'passkey_malformed'
    ],
    'a key without its point': [
      {
        publicKey: keyOf([
          [1, 2],
          [3, -7],
          [-1, 1]
        ])
      },
      400,
      'passkey_malformed'
    ],
    'another curve': [
      {
        publicKey: keyOf([
          [1, 1],
          [3, -8],
          [-1, 4],
          [-2, Buffer.alloc(32, 1)]
        ])
      },
      400,
      'passkey_malformed'
    ],
    'a foreign attestation': [
      {
        format: 'fido-u2f',
        statement: statement([
          ['sig', Buffer.alloc(8)],
          ['x5c', [Buffer.alloc(8)]]
        ])
      },
      400,
      'passkey_unsupported'
    ],
    'an attestation with certificates': [
      {
        format: 'packed',
        statement: statement([
          ['alg', -7],
          ['sig', Buffer.alloc(8)],
          ['x5c', [Buffer.alloc(8)]]
        ])
      },
      400,
      'passkey_unsupported'
    ],
    'an unknown attestation': [{ format: 'nobody' }, 400, 'passkey_unsupported'],
    'an attestation "none" that says something': [
      { statement: statement([['alg', -7]]) },
      400,
      'passkey_malformed'
    ],
    'a wrong attestation by the key itself': [
      {
        format: 'packed',
        statement: statement([
          ['alg', -7],
          ['sig', Buffer.alloc(8)]
        ])
      },
      400,
      'passkey_malformed'
    ]
  }
  for (const [name, [deviations, status, code]] of Object.entries(cases)) {
    const body = { passkey: authenticator.create(options, deviations) }
    const answer = await call('POST', PASSKEYS, { token, body })
    const action = status === 403 && code === 'passkey_origin_refused' ? { action: 'ask-operators' } : {}
    t.strictSame(answer.body, expectedProblem(answer, status, code, action), name)
  }
  t.equal(
    (await call('POST', PASSKEYS, { token, body: { passkey: authenticator.create(options) } })).status,
    201
  )
  const lower = await call('POST', OPTIONS, { token })
  t.equal(lower.body.code, 'reauthentication_required', 'from now on the password alone is not enough')
})

const keyOf = (entries: [number, CborValue][]) => new Map<number, CborValue>(entries)
const rsaKeyOf = (...exponent: number[]) =>
  keyOf([
    [1, 3],
    [3, -257],
    [-1, Buffer.alloc(256, 255)],
    [-2, Buffer.from(exponent)]
  ])

t.test('of a credential the id has 1023 bytes at most, and the transports are words', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const authenticator = createAuthenticator()
  const { body: options } = await call('POST', OPTIONS, { token })
  const passkey = authenticator.create(options, { credentialId: Buffer.alloc(1023, 7) })
  const tooLong = authenticator.create(options, { credentialId: Buffer.alloc(1024, 7) })
  const withTransport = (transport: string) => ({
    ...passkey,
    response: { ...passkey.response, transports: ['usb', transport] }
  })
  for (const [wrong, pointers] of [
    [tooLong, ['/passkey/id', '/passkey/rawId']],
    ...['', 'USB', 'a b', '<b>', '\u202eusb', 'x'.repeat(33)].map(
      transport => [withTransport(transport), ['/passkey/response/transports/1']] as const
    )
  ] as const) {
    const refused = await call('POST', PASSKEYS, { token, body: { passkey: wrong } })
    t.match(refused.body, { status: 400, code: 'validation_failed' })
    t.strictSame(
      refused.body.errors.map(({ pointer }: { pointer: string }) => pointer),
      pointers
    )
  }
  const added = await call('POST', PASSKEYS, { token, body: { passkey: withTransport('smart-card') } })
  t.equal(added.status, 201, 'nothing was used up')
})

t.test('an attestation by the key itself is taken', async t => {
  const { call, signUp } = await serve(t)
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
    const { accessToken } = await signUp()
    const answer = await addPasskey(call, accessToken, createAuthenticator({ algorithm }), {
      format: 'packed'
    })
    t.equal(answer.status, 201, JSON.stringify(answer.body))
  }
})

t.test('[WEBAUTHN-7.2] what is wrong with a proof is told, and nothing is used up', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken } = await signUp()
  const authenticator = createAuthenticator()
  await addPasskey(call, accessToken, authenticator)
  const { body: options } = await call('POST', SIGN_IN_OPTIONS)
  const refused = ['passkey_origin_refused', 'ask-operators'] as const
  const cases: Record<string, [Deviations, number, string]> = {
    ...WRONG_ANYWHERE,
    // Whether the signature is right is not told before the passkey is found.
    'a backup of what cannot be backed up': [
      { flags: FLAGS.present | FLAGS.verified | FLAGS.backedUp },
      401,
      'passkey_not_recognized'
    ],
    'a passkey that has become one that can be backed up': [
      { flags: FLAGS.present | FLAGS.verified | FLAGS.backupEligible },
      401,
      'passkey_not_recognized'
    ],
    'the handle of nobody': [
      { userHandle: Buffer.alloc(16).toString('base64url') },
      401,
      'passkey_not_recognized'
    ],
    'a handle of another form': [{ userHandle: 'YWRh' }, 401, 'passkey_not_recognized']
  }
  for (const [name, [deviations, status, code]] of Object.entries(cases)) {
    const answer = await call('POST', SIGN_IN, { body: { passkey: authenticator.get(options, deviations) } })
    const action = code === refused[0] ? { action: refused[1] } : status === 401 ? { action: 'sign-in' } : {}
    t.strictSame(answer.body, expectedProblem(answer, status, code, action), name)
  }
  t.equal((await call('POST', SIGN_IN, { body: { passkey: authenticator.get(options) } })).status, 200)
})

t.test(
  '[V6.3.8] a wrong signature, an unknown passkey and the handle of another user are answered alike',
  async t => {
    const { call, signUp } = await serve(t)
    const [ada, eve] = [await signUp(), await signUp()]
    const authenticator = createAuthenticator()
    await addPasskey(call, ada.accessToken, authenticator)
    const { body: options } = await call('POST', SIGN_IN_OPTIONS)
    const proof = authenticator.get(options)
    const twin = createAuthenticator()
    const handleOf = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')
    const withResponse = (response: object) => ({ ...proof, response: { ...proof.response, ...response } })
    for (const passkey of [
      withResponse({ signature: twin.get(options).response.signature }),
      withResponse({ signature: 'AAAA' }),
      withResponse({ userHandle: handleOf(eve.user.id) }),
      twin.get(options, { userHandle: handleOf(ada.user.id) })
    ]) {
      const answer = await call('POST', SIGN_IN, { body: { passkey } })
      t.strictSame(answer.body, expectedProblem(answer, 401, 'passkey_not_recognized', { action: 'sign-in' }))
      t.equal(
        answer.body.detail,
        'Use another passkey, or sign in another way.',
        'the same detail whatever the cause'
      )
    }
  }
)

t.test('a challenge is good for one ceremony, one account, five minutes and once', async t => {
  const { call, signUp, clock } = await serve(t)
  const [ada, eve] = [await signUp(), await signUp()]
  const authenticator = createAuthenticator()
  const add = (token: string, challenge: string) =>
    call('POST', PASSKEYS, {
      token,
      body: { passkey: authenticator.create({ rp: { id: 'localhost' }, user: { id: 'AAAA' }, challenge }) }
    })
  const { body: ofEve } = await call('POST', OPTIONS, { token: eve.accessToken })
  const { body: ofSignIn } = await call('POST', SIGN_IN_OPTIONS)
  const { body: ofSignUp } = await call('POST', SIGN_UP_OPTIONS, {
    body: { username: 'new', email: 'new@example.org' }
  })
  for (const { challenge } of [ofEve, ofSignIn, ofSignUp]) {
    const answer = await add(ada.accessToken, challenge)
    t.strictSame(answer.body, expectedProblem(answer, 400, 'passkey_challenge_invalid'))
  }

  const { body: options } = await call('POST', OPTIONS, { token: ada.accessToken })
  const passkey = authenticator.create(options)
  t.equal((await call('POST', PASSKEYS, { token: ada.accessToken, body: { passkey } })).status, 201)
  for (const { challenge } of [options, ofEve, ofSignUp]) {
    const answer = await call('POST', SIGN_IN, {
      body: { passkey: authenticator.get({ rpId: 'localhost', challenge }) }
    })
    t.strictSame(answer.body, expectedProblem(answer, 400, 'passkey_challenge_invalid'))
  }

  const used = authenticator.get(ofSignIn)
  t.equal((await call('POST', SIGN_IN, { body: { passkey: used } })).status, 200)
  const replayed = await call('POST', SIGN_IN, { body: { passkey: used } })
  t.strictSame(replayed.body, expectedProblem(replayed, 410, 'passkey_challenge_expired'))

  const { body: late } = await call('POST', SIGN_IN_OPTIONS)
  clock.advance(299.999)
  t.equal((await call('POST', SIGN_IN, { body: { passkey: authenticator.get(late) } })).status, 200)
  const { body: tooLate } = await call('POST', SIGN_IN_OPTIONS)
  clock.advance(300)
  const expired = await call('POST', SIGN_IN, { body: { passkey: authenticator.get(tooLate) } })
  t.strictSame(expired.body, expectedProblem(expired, 410, 'passkey_challenge_expired'))
})

t.test('[RACE] of parallel uses of one challenge, one counts', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const authenticator = createAuthenticator()
  const { body: options } = await call('POST', OPTIONS, { token })
  const passkey = authenticator.create(options)
  const added = await Promise.all(
    Array.from({ length: 4 }, () => call('POST', PASSKEYS, { token, body: { passkey } }))
  )
  t.strictSame(added.map(({ status }) => status).sort(), [201, 401, 401, 401])

  const { body: request } = await call('POST', SIGN_IN_OPTIONS)
  const proof = authenticator.get(request)
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => call('POST', SIGN_IN, { body: { passkey: proof } }))
  )
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 410, 410, 410, 410, 410])
})

t.test('texts that are no answer of an authenticator', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const { body: options } = await call('POST', OPTIONS, { token })
  const passkey = createAuthenticator().create(options)
  const withResponse = (response: object) => ({ ...passkey, response: { ...passkey.response, ...response } })
  const base64url = (text: string) => Buffer.from(text).toString('base64url')
  for (const passkey_ of [
    withResponse({ clientDataJSON: base64url('{') }),
    withResponse({ clientDataJSON: base64url('null') }),
    withResponse({
      clientDataJSON: base64url(JSON.stringify({ type: 'webauthn.create', challenge: 7, origin: ORIGIN }))
    }),
    withResponse({ clientDataJSON: Buffer.of(0xff, 0xfe).toString('base64url') }),
    withResponse({ attestationObject: passkey.response.attestationObject.slice(0, 100) }),
    withResponse({ attestationObject: passkey.response.attestationObject.slice(0, -10) }),
    withResponse({ attestationObject: `${passkey.response.attestationObject.slice(0, -4)}AAAAAAAA` }),
    withResponse({ attestationObject: 'AA' }),
    withResponse({ attestationObject: 'n'.repeat(16_000) }),
    { ...passkey, id: 'AAAA', rawId: 'AAAA' },
    { ...passkey, rawId: 'AAAA' }
  ]) {
    const answer = await call('POST', PASSKEYS, { token, body: { passkey: passkey_ } })
    t.strictSame(answer.body, expectedProblem(answer, 400, 'passkey_malformed'))
  }

  const invalid = await call('POST', PASSKEYS, {
    token,
    body: {
      passkey: {
        ...withResponse({ attestationObject: 'A'.repeat(16_385), clientDataJSON: 'a+b/' }),
        type: 'password',
        more: 1
      },
      more: 1
    }
  })
  t.match(invalid.body, {
    status: 400,
    code: 'validation_failed',
    errors: [
      { pointer: '/more', detail: 'is not known; known are name, passkey' },
      { pointer: '/passkey/type', detail: 'is not accepted; give public-key' },
      {
        pointer: '/passkey/response/clientDataJSON',
        detail: 'is not accepted; give what the browser says of the ceremony, in base64url'
      },
      {
        pointer: '/passkey/response/attestationObject',
        detail: 'is not accepted; give the new key, in base64url'
      }
    ]
  })
  t.match((await call('POST', SIGN_IN, { body: {} })).body, {
    code: 'validation_failed',
    errors: [{ pointer: '/passkey', detail: 'is required' }]
  })
})
