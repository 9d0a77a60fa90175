import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createSealing } from '../../src/auth/sealing/sealing.ts'
import { loadSealingSecrets } from '../../src/auth/sealing/sealing-secrets.ts'
import { readConfig } from '../../src/config/config.ts'
import { allTables } from '../../src/features.ts'
import { PASSWORD, serve } from '../support/service.ts'
import { fromBase32 } from './base32.ts'
import { codeOf, STEP, serveFactors } from './factor-service.ts'

const [FIRST, SECOND] = [
  'a sealing key of the tests and nothing else',
  'another key of the tests and nothing else'
]
const OWNER = { purpose: 'totp', userId: 'ada', id: 'one' }

t.test('a sealed value opens for what it was sealed for, and for nothing else', async t => {
  const { seal, open } = createSealing([FIRST])
  const value = Buffer.from('12345678901234567890')
  const sealed = seal(value, OWNER)
  t.match(sealed, /^v1\.[\w-]{11}\.[\w-]{64}$/)
  t.not(seal(value, OWNER), sealed, 'each time with another nonce')
  t.strictSame(open(sealed, OWNER), { value, isCurrent: true })
  for (const other of [
    { ...OWNER, purpose: 'totp2' },
    { ...OWNER, userId: 'eve' },
    { ...OWNER, id: 'two' }
  ])
    t.equal(open(sealed, other), undefined)
  const [version, kid, body = ''] = sealed.split('.')
  const flipped = Buffer.from(body, 'base64url')
  flipped[20] = (flipped[20] ?? 0) ^ 1
  for (const text of [
    '',
    'v1',
    `v2.${kid}.${body}`,
    `${version}.xxxxxxxxxxx.${body}`,
    `${version}.${kid}.${flipped.toString('base64url')}`,
    `${version}.${kid}.${body.slice(0, -4)}`,
    `${version}.${kid}.${body.slice(0, 20)}`,
    `${version}.${kid}.`
  ])
    t.equal(open(text, OWNER), undefined, text)
})

t.test('the first key seals, all open; others open nothing', async t => {
  const value = Buffer.from('seed')
  const sealed = createSealing([FIRST]).seal(value, OWNER)
  t.strictSame(createSealing([SECOND, FIRST]).open(sealed, OWNER), { value, isCurrent: false })
  t.equal(createSealing([SECOND]).open(sealed, OWNER), undefined)
  const none = createSealing([])
  t.equal(none.open(sealed, OWNER), undefined)
  t.throws(() => none.seal(value, OWNER), { code: 'sealing_not_configured' })
  t.throws(() => none.assertConfigured(), { code: 'sealing_not_configured' })
})

t.test('where the key comes from', async t => {
  const folder = t.testdir()
  const url = `file:${join(folder, 'latchkey.db')}`
  const made: string[] = []
  const load = (settings: NodeJS.ProcessEnv) =>
    loadSealingSecrets(readConfig(settings, { keys: false }), file => made.push(file))
  const file = join(folder, 'latchkey.db.sealing.key')
  t.strictSame(load({ DATABASE_URL: url, SEALING_KEY: FIRST }), [FIRST])
  t.notOk(existsSync(file), 'none is made where one is configured')
  const [stored] = load({ DATABASE_URL: url })
  t.strictSame(made, [file])
  t.equal(readFileSync(file, 'utf8').trim(), stored)
  t.strictSame(load({ DATABASE_URL: url }), [stored], 'it is made once')
  t.strictSame(load({ DATABASE_URL: url, SEALING_KEY: `${SECOND}, ${FIRST}` }), [SECOND, FIRST, stored])
  t.notSame(load({ DATABASE_URL: ':memory:' }), load({ DATABASE_URL: ':memory:' }))
  t.strictSame(load({ DATABASE_URL: ':memory:', SEALING_KEY: FIRST }), [FIRST])
  const DATABASE_URL = 'postgres://ada@localhost/latchkey'
  t.strictSame(load({ DATABASE_URL }), [])
  t.strictSame(load({ DATABASE_URL, SEALING_KEY: FIRST }), [FIRST])
  t.throws(() => load({ SEALING_KEY: 'short' }), {
    message:
      'SEALING_KEY: a value of 5 bytes is not accepted. Give one or more secrets of at least 32 bytes each, separated by commas.'
  })
  t.throws(() => load({ SEALING_KEY: `${FIRST},${SECOND}`, JWT_SECRET: SECOND }), {
    message:
      'SEALING_KEY: has a secret of JWT_SECRET. Give another one, so that a signing key can be thrown away alone.'
  })
})

t.test('on PostgreSQL without SEALING_KEY there are no authenticator apps', async t => {
  const url = process.env.TEST_DATABASE_URL
  const { call, signUp } = await serve(t, { SEALING_KEY: '' })
  const { accessToken: token } = await signUp()
  const answer = await call('POST', '/api/auth/factors/totp', { token })
  t.match(answer, url ? { status: 501, body: { code: 'sealing_not_configured' } } : { status: 201 })
})

t.test(
  'a seed is sealed anew by the newest key when it is used; without its key it is worthless',
  async t => {
    const service = await serveFactors(t, { SEALING_KEY: FIRST })
    const { app, addTotp, email, clock, config } = service
    const { secret } = await addTotp()
    const { totpFactors } = allTables(app.store.kit)
    const readSeed = async () =>
      (await app.store.db.select().from(totpFactors).execute())[0]?.sealedSeed ?? ''
    const before = await readSeed()
    for (const seed of [secret, fromBase32(secret).toString('hex'), fromBase32(secret).toString('base64url')])
      t.notOk(before.includes(seed))
    const credentials = { email, password: PASSWORD }
    const client = { ip: '192.0.2.1', userAgent: null }

    async function signIn(secrets: readonly string[]) {
      const { createFactors } = await import('../../src/auth/factors/factors.ts')
      const factors = createFactors({ ...app, config, sealing: createSealing(secrets) })
      const refusal = await app.accounts.login(credentials, client).catch(error => error.toDocument(''))
      const { challenge } = refusal as { challenge: string }
      return factors.loginWithSecondFactor({ challenge, code: codeOf(secret, service) }, client)
    }

    await t.rejects(signIn([SECOND]), { code: 'second_factor_wrong' })
    t.equal(await readSeed(), before)
    t.match(await signIn([SECOND, FIRST]), { tokenType: 'Bearer' })
    t.not(await readSeed(), before)
    clock.advance(STEP)
    t.match(await signIn([SECOND]), { tokenType: 'Bearer' }, 'the old key is not needed any more')
    clock.advance(STEP)
    await t.rejects(signIn([FIRST]), { code: 'second_factor_wrong' })
  }
)

t.test('a stolen database file has no seed, and no recovery code', async t => {
  const file = join(t.testdir(), 'latchkey.db')
  const service = await serveFactors(t, { DATABASE_URL: `file:${file}`, JWT_SECRET: '', SEALING_KEY: '' })
  const { secret, recoveryCodes } = await service.addTotp()
  const bytes = Buffer.concat(['', '-wal'].map(suffix => readFileSync(`${file}${suffix}`)))
  t.ok(bytes.includes('ada@example.org'), 'the bytes are those of the database')
  const seed = fromBase32(secret)
  const [code = ''] = recoveryCodes
  for (const text of [
    secret,
    seed,
    seed.toString('hex'),
    seed.toString('base64'),
    code,
    code.replaceAll('-', '')
  ])
    t.notOk(bytes.includes(text))

  const [signing, sealing] = ['.key', '.sealing.key'].map(suffix =>
    readFileSync(`${file}${suffix}`, 'utf8').trim()
  )
  t.not(signing, sealing)
  const { totpFactors } = allTables(service.app.store.kit)
  const [row] = await service.app.store.db.select().from(totpFactors).execute()
  const owner = { purpose: 'totp', userId: `${row?.userId}`, id: `${row?.id}` }
  t.equal(
    createSealing([`${signing}`]).open(`${row?.sealedSeed}`, owner),
    undefined,
    'a stolen signing key opens nothing'
  )
  t.strictSame(createSealing([`${sealing}`]).open(`${row?.sealedSeed}`, owner)?.value, seed)
})

t.test('an app whose key is not there is told of at the start, and whenever a code is tried', async t => {
  const DATABASE_URL = `file:${join(t.testdir(), 'latchkey.db')}`
  const before = await serveFactors(t, { DATABASE_URL, SEALING_KEY: FIRST })
  t.notOk(before.lines.some(line => line.includes('authenticator app')))
  const { secret } = await before.addTotp()

  const present = await serve(t, { DATABASE_URL, SEALING_KEY: SECOND })
  const find = (part: string) =>
    present.lines.map(line => JSON.parse(line)).filter(({ msg }) => `${msg}`.includes(part))
  t.match(find('is not there'), [
    { level: 40, msg: '1 authenticator app is sealed by a key that is not there: add it to SEALING_KEY' }
  ])
  present.clock.advance(STEP)
  const body = { challenge: await before.challenge(), code: codeOf(secret, before) }
  t.match(await present.call('POST', '/api/auth/login/second-factor', { body }), {
    status: 403,
    body: { code: 'second_factor_wrong' }
  })
  t.match(find('The secret of an authenticator app is sealed'), [{ level: 50 }])

  const rotated = await serve(t, { DATABASE_URL, SEALING_KEY: `${SECOND},${FIRST}` })
  t.notOk(rotated.lines.some(line => line.includes('authenticator app')))
})
