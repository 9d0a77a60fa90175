import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { eq } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { createAccessTokens, type JwtSigner } from '../../src/auth/tokens/access-tokens.ts'
import { allTables } from '../../src/features.ts'
import { type Answer, createFakeClock, expectedProblem, PASSWORD, SECRET, serve } from '../support/service.ts'
import { decode, encode } from './jwt.ts'

/** A JWT signed with HMAC-SHA-256, whatever its header says. */
function forge(header: object, claims: object, secret = SECRET) {
  const input = `${encode(header)}.${encode(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

const describedBy = (title: string) => `Bearer error="invalid_token", error_description="${title}"`

function isInvalid(t: Test, answer: Answer, name: string) {
  t.strictSame(answer.body, expectedProblem(answer, 401, 'access_token_invalid', { action: 'sign-in' }), name)
  t.equal(answer.headers['www-authenticate'], describedBy('The access token is not valid'), name)
}

t.test('a token that was issued by a clock that was ahead has expired once the clock is right', async t => {
  const { call, clock, signUp } = await serve(t)
  const start = await signUp()
  for (const ahead of [301, 3600, 400 * 86_400]) {
    clock.advance(ahead)
    const { accessToken: token } = await signUp()
    t.equal((await call('GET', '/api/auth/me', { token })).status, 200)
    clock.advance(-ahead)
    for (const path of ['/api/auth/me', '/api/todos']) {
      const answer = await call('GET', path, { token })
      t.strictSame(
        answer.body,
        expectedProblem(answer, 401, 'access_token_expired', { action: 'refresh' }),
        `${path}, ${ahead} s ahead`
      )
    }
  }
  t.equal((await call('GET', '/api/auth/me', { token: start.accessToken })).status, 200)

  clock.advance(300)
  const { accessToken: token } = await signUp()
  clock.advance(-300)
  t.equal((await call('GET', '/api/auth/me', { token })).status, 200, 'clocks may differ by a lifetime')
})

t.test('[R9068-2] the header and the claims of an access token', async t => {
  const { signUp, clock } = await serve(t, { JWT_ISSUER: 'https://auth.example', JWT_AUDIENCE: 'todos' })
  const { accessToken, user } = await signUp()
  const [header, claims] = accessToken.split('.').map((part, index) => (index < 2 ? decode(part) : part))
  t.strictSame(header, { alg: 'HS256', typ: 'at+jwt', kid: header.kid })
  t.match(header.kid, /^[\w-]{11}$/)
  const iat = clock.now().getTime() / 1000
  t.strictSame(claims, {
    sub: user.id,
    email: user.email,
    email_verified: false,
    sid: claims.sid,
    auth_time: iat,
    amr: ['pwd'],
    acr: 'aal1',
    jti: `${claims.sid}.1`,
    iat,
    exp: iat + 300,
    aud: 'todos',
    client_id: 'latchkey',
    iss: 'https://auth.example'
  })
})

t.test('an access token expires exactly at its second', async t => {
  const { call, clock, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  clock.advance(299.999)
  t.equal((await call('GET', '/api/auth/me', { token })).status, 200)
  clock.advance(0.001)
  const answer = await call('GET', '/api/auth/me', { token })
  t.strictSame(answer.body, expectedProblem(answer, 401, 'access_token_expired', { action: 'refresh' }))
  t.equal(answer.headers['www-authenticate'], describedBy('The access token has expired'))
})

t.test('[R6750-3a] [R6750-3b] no error attribute without credentials', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken } = await signUp()
  const cases = [
    { path: '/api/auth/me', headers: {} },
    { path: '/api/auth/me', headers: { authorization: 'Basic YTpi' } },
    { path: '/api/auth/me', headers: { authorization: accessToken } },
    // [R6750-2.3] a token in the query string is ignored; a route that knows no parameters knows none of this name
    { path: `/api/auth/me?access_token=${accessToken}`, headers: {} }
  ]
  for (const { path, headers } of cases) {
    const answer = await call('GET', path, { headers })
    t.strictSame(answer.body, expectedProblem(answer, 401, 'authentication_required', { action: 'sign-in' }))
    t.equal(answer.headers['www-authenticate'], 'Bearer')
  }
})

t.test('[R6750-2.1] the scheme is case-insensitive', async t => {
  const { call, signUp } = await serve(t)
  const { accessToken } = await signUp()
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR '])
    t.equal(
      (await call('GET', '/api/auth/me', { headers: { authorization: `${scheme} ${accessToken}` } })).status,
      200
    )
})

t.test(
  '[R6750-3.1] [R8725-3.1] [R8725-3.8] [R8725-3.10] [R8725-3.11] foreign and damaged tokens are refused',
  async t => {
    const { call, signUp } = await serve(t)
    const { accessToken, refreshToken } = await signUp()
    const [head, body, signature] = accessToken.split('.') as [string, string, string]
    const [header, claims] = [decode(head), decode(body)]
    t.equal(
      (await call('GET', '/api/auth/me', { token: forge(header, claims) })).status,
      200,
      'the forge works'
    )

    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const rs256 = `${encode({ ...header, alg: 'RS256' })}.${body}`
    const jwk = publicKey.export({ format: 'jwk' })
    const forgeries: Record<string, string> = {
      'not a JWT': 'x',
      'two parts': `${head}.${body}`,
      'a flipped bit in the claims': `${head}.${body.slice(0, -1)}${body.endsWith('A') ? 'B' : 'A'}.${signature}`,
      'a flipped bit in the signature': `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      'no signature': `${head}.${body}.`,
      'a space': `${accessToken} `,
      'alg none': `${encode({ ...header, alg: 'none' })}.${body}.`,
      'alg None with a signature': forge({ ...header, alg: 'None' }, claims),
      'alg HS512': forge({ ...header, alg: 'HS512' }, claims),
      'RS256 by a key of one’s own': `${rs256}.${sign('sha256', Buffer.from(rs256), privateKey).toString('base64url')}`,
      'HS256 with the public key': forge(
        header,
        claims,
        publicKey.export({ type: 'spki', format: 'pem' }) as string
      ),
      'another secret': forge(header, claims, 'another secret that nobody here has set'),
      'another secret named by kid': forge({ ...header, kid: '../../dev/null' }, claims, ''.padEnd(32, '0')),
      'a key in the header': forge({ ...header, jwk }, claims, JSON.stringify(jwk)),
      'a key behind jku': forge(
        { ...header, jku: 'http://127.0.0.1/jwks' },
        claims,
        'the secret behind that address'
      ),
      'an unknown crit': forge({ ...header, crit: ['exp2'], exp2: 1 }, claims),
      'another type': forge({ ...header, typ: 'JWT' }, claims),
      'no type': forge({ alg: 'HS256' }, claims),
      'a refresh token': refreshToken,
      'claims that are a list': forge(header, [claims])
    }
    for (const claim of ['iss', 'aud', 'sub', 'email', 'sid', 'jti', 'iat', 'exp'])
      forgeries[`without ${claim}`] = forge(header, { ...claims, [claim]: undefined })
    for (const claim of ['iss', 'aud']) {
      forgeries[`another ${claim}`] = forge(header, { ...claims, [claim]: 'somebody' })
      forgeries[`a longer ${claim}`] = forge(header, { ...claims, [claim]: 'latchkey2' })
    }
    for (const [name, token] of Object.entries(forgeries))
      isInvalid(t, await call('GET', '/api/auth/me', { token }), name)
  }
)

t.test(
  '[R8725-3.8] [R8725-3.9] signed claims of other types, or of another session, are refused',
  async t => {
    const { app, call, clock, signUp } = await serve(t)
    const [eve, ada] = [await signUp(), await signUp()]
    const [header, claims] = eve.accessToken.split('.').slice(0, 2).map(decode)
    const others = decode(ada.accessToken.split('.')[1])
    await call('POST', '/api/todos', { token: ada.accessToken, body: { title: 'ada’s own' } })
    const now = clock.now().getTime() / 1000
    const session = claims.sid
    const odd: unknown[] = [
      null,
      true,
      7,
      1.5,
      '',
      'x',
      [],
      {},
      [claims.sub],
      { toString: 1 },
      '\0',
      'x'.repeat(10_000)
    ]
    const forged: Record<string, unknown[]> = {
      sub: [...odd, others.sub, claims.sub.toUpperCase(), `${claims.sub} `, session],
      email: [null, true, 7, [], {}, [claims.email]],
      sid: [...odd, others.sid, session.toUpperCase()],
      jti: [
        ...odd,
        ...['', '.', '.0', '.01', '.-1', '.2', '.1.0', '.1e0', '.0x1', '.NaN', '. 1', '.1 '].map(
          generation => `${session}${generation}`
        ),
        ...[`${session}.4294967296`, `${session}.99999999999999999999`, `${others.sid}.1`, [`${session}.1`]]
      ],
      client_id: [null, 7, [], {}, ['latchkey']],
      iss: [null, 7, {}, ['latchkey']],
      aud: [null, 7, {}, [], ['latchkey'], ['latchkey', 'others']],
      iat: [...odd.filter(value => value !== 7), -1, 1e300, `${now}`, now + 0.5, now + 900],
      exp: [...odd.filter(value => value !== 7), -1, 1e300, `${now + 300}`, now + 0.5, [now + 300]],
      nbf: [...odd.filter(value => value !== 7), -1, 1e300, `${now}`, now + 900]
    }
    for (const [claim, values] of Object.entries(forged))
      for (const value of values) {
        const token = forge(header, { ...claims, [claim]: value })
        const name = `${claim}: ${JSON.stringify(value)?.slice(0, 60)}`
        for (const path of ['/api/auth/me', '/api/todos'])
          isInvalid(t, await call('GET', path, { token }), `${path}, ${name}`)
        t.equal((await call('POST', '/api/auth/logout', { token, body: { scope: 'all' } })).status, 204, name)

        clock.advance(300)
        const expired = { ...claims, iat: claims.iat - 300, exp: claims.exp - 300 }
        for (const claims of [expired, { ...expired, exp: now + 600 }]) {
          const body = {
            accessToken: forge(header, { ...claims, [claim]: value }),
            refreshToken: eve.refreshToken
          }
          const answer = await call('POST', '/api/auth/refresh', { body })
          t.match(answer.body, { status: 401, code: 'access_token_invalid' }, `refresh, ${name}`)
        }
        clock.advance(-300)
      }
    for (const { accessToken: token } of [eve, ada])
      t.equal((await call('GET', '/api/auth/me', { token })).status, 200, 'no session has ended')

    // What we do not sign, or did not sign once, does no harm.
    for (const harmless of [{ client_id: undefined }, { client_id: 'other' }, { nbf: now }, { scope: 7 }])
      t.equal(
        (await call('GET', '/api/auth/me', { token: forge(header, { ...claims, ...harmless }) })).status,
        200
      )
    t.equal((await app.store.db.select().from(allTables(app.store.kit).sessions)).length, 2)
  }
)

t.test('a token that was exchanged for the next one has expired, whatever time it has left', async t => {
  const { call, clock, signUp, refresh } = await serve(t)
  const first = await signUp()
  clock.advance(300)
  const second = (await refresh(first)).body
  // As an instance sees it whose clock is behind.
  clock.advance(-1)
  const answer = await call('GET', '/api/auth/me', { token: first.accessToken })
  t.strictSame(answer.body, expectedProblem(answer, 401, 'access_token_expired', { action: 'refresh' }))
  t.match((await refresh(first)).body, { code: 'refresh_token_used', action: 'use-latest' })
  t.equal((await call('GET', '/api/auth/me', { token: second.accessToken })).status, 200)
})

t.test('[R8725-3.9] the session and the subject must live', async t => {
  const { app, call, signUp } = await serve(t)
  const { accessToken, user } = await signUp()
  const [head, body] = accessToken.split('.')
  const sid = '01a20996-fb6c-78b7-96ed-227b58a269d2'
  const unknown = forge(decode(head), { ...decode(body), sid, jti: `${sid}.1` })
  const revoked = async (token: string) => {
    const answer = await call('GET', '/api/auth/me', { token })
    t.strictSame(answer.body, expectedProblem(answer, 401, 'access_token_revoked', { action: 'sign-in' }))
    t.equal(answer.headers['www-authenticate'], describedBy('The access token has been revoked'))
  }
  await revoked(unknown)

  const { db, kit } = app.store
  const tables = allTables(kit)
  await db.delete(tables.users).where(eq(tables.users.id, user.id))
  await revoked(accessToken)
})

t.test('[KEYS] a new secret signs while the old one still verifies', async t => {
  const email = 'ada@example.org'
  const [old, fresh] = ['the secret of yesterday; it has 32 bytes', 'the secret of today; it has 32 bytes']
  const before = await serve(t, { JWT_SECRET: old })
  const pair = await before.signUp({ email })

  const { tokens } = (await serve(t, { JWT_SECRET: `${fresh}, ${old}` })).app
  t.equal(tokens.access.verify(pair.accessToken).email, email)
  t.match(tokens.refresh.verify(pair.refreshToken), { generation: 1 })
  t.throws(() => tokens.access.verify(`${pair.accessToken}x`), { code: 'access_token_invalid' })

  const after = await serve(t, { JWT_SECRET: fresh })
  const renewed = await after.signUp({ email, password: PASSWORD })
  t.match(tokens.refresh.verify(renewed.refreshToken), { generation: 1 })
  t.equal(tokens.access.verify(renewed.accessToken).email, email)
  t.throws(() => before.app.tokens.access.verify(renewed.accessToken), { code: 'access_token_invalid' })
  t.throws(() => before.app.tokens.refresh.verify(renewed.refreshToken), { code: 'refresh_token_invalid' })
  const kid = ({ accessToken }: { accessToken: string }) => decode(accessToken.split('.')[0]).kid
  t.not(kid(pair), kid(renewed))
})

t.test('the signature of a token is verified once, its lifetime each time', async t => {
  const opened: string[] = []
  const clock = createFakeClock()
  const id = '01a20996-fb6c-78b7-96ed-227b58a269d2'
  const claims = {
    sub: id,
    email: 'e',
    sid: id,
    jti: `${id}.1`,
    iat: 0,
    exp: clock.now().getTime() / 1000 + 300
  }
  const signer: JwtSigner = {
    sign: () => '',
    verifyIgnoringExpiration(token) {
      opened.push(token)
      return token === 'forged' ? undefined : claims
    }
  }
  const { verify } = createAccessTokens([signer], clock.now)
  for (const _ of [1, 2]) t.equal(verify('ours'), claims)
  t.strictSame(opened, ['ours'])
  for (const _ of [1, 2]) t.throws(() => verify('forged'), { code: 'access_token_invalid' })
  t.strictSame(opened, ['ours', 'forged', 'forged'])

  for (let number = 1; number < 10_000; number++) verify(`${number}`)
  verify('ours')
  t.equal(opened.length, 3 + 9_999)
  verify('one too many')
  verify('ours')
  verify('1')
  t.strictSame(
    opened.slice(3 + 9_999),
    ['one too many', '1'],
    'a full cache drops the token that was used last the longest ago'
  )

  clock.advance(300)
  for (const _ of [1, 2]) t.throws(() => verify('ours'), { code: 'access_token_expired' })
})
