import { createPrivateKey } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Settings, serve } from '../support/service.ts'
import { decodeJwtHeader } from './jwt.ts'
import { createEd25519Key, ec, ed, rs, toKeySettings, writeKeyFile } from './key-files.ts'

const TTL = 300
const [old, fresh] = ['the secret of yesterday; it has 32 bytes', 'the secret of today; it has 32 bytes']
const rewritten = writeKeyFile(
  'rewritten.pem',
  // The same key without its public half, as openssl ec -no_public writes it.
  sec1(Buffer.from(`${ec.privateKey.export({ format: 'jwk' }).d}`, 'base64url'))
)
const none = { JWT_SECRET: '' }
const rotations: [name: string, before: Settings, after: Settings, signs: string][] = [
  ['to a new first secret', { JWT_SECRET: old }, { JWT_SECRET: `${fresh},${old}` }, 'HS256'],
  ['from the kept secret to one’s own', none, { JWT_SECRET: fresh }, 'HS256'],
  ['from the kept secret to a private key', none, toKeySettings(ed.file), 'EdDSA'],
  [
    'from the kept secret to a private key with a secret',
    none,
    { JWT_SECRET: fresh, JWT_PRIVATE_KEY_FILE: ed.file },
    'EdDSA'
  ],
  [
    'from a secret to a private key',
    { JWT_SECRET: old },
    { JWT_SECRET: old, JWT_PRIVATE_KEY_FILE: rs.file },
    'RS256'
  ],
  [
    'from two secrets to a private key',
    { JWT_SECRET: `${fresh},${old}` },
    { JWT_SECRET: `${old},${fresh}`, JWT_PRIVATE_KEY_FILE: ec.file },
    'ES256'
  ],
  [
    'to a new first key of the same kind',
    toKeySettings(ed.file),
    toKeySettings(createEd25519Key('next').file, rs.file, ed.file),
    'EdDSA'
  ],
  ['to a new first key of another kind', toKeySettings(rs.file), toKeySettings(ec.file, rs.file), 'ES256'],
  ['to the second key', toKeySettings(rs.file, ed.file), toKeySettings(ed.file, rs.file), 'EdDSA'],
  ['to a copy of the file in another encoding', toKeySettings(ec.file), toKeySettings(rewritten), 'ES256']
]
for (const [name, before, after, signs] of rotations)
  t.test(`[KEYS] ${name}: no live token is refused`, async t => {
    const DATABASE_URL = `file:${t.testdir()}/latchkey.db`
    const first = await serve(t, { ...before, DATABASE_URL })
    const pair = await first.signUp()
    const second = await serve(t, { ...after, DATABASE_URL })
    t.equal((await second.call('GET', '/api/auth/me', { token: pair.accessToken })).status, 200)

    second.clock.advance(TTL)
    const { status, body } = await second.refresh(pair)
    t.equal(status, 200)
    t.equal(decodeJwtHeader(body.accessToken).alg, signs)
    t.equal(
      decodeJwtHeader(body.accessToken).kid === decodeJwtHeader(pair.accessToken).kid,
      name.startsWith('to a copy'),
      'the first one signs'
    )
    second.clock.advance(TTL)
    t.equal((await second.refresh(body)).status, 200, 'and what it signed can be refreshed')
  })

t.test('[KEYS] a removed key no longer verifies tokens', async t => {
  const DATABASE_URL = `file:${t.testdir()}/latchkey.db`
  const pair = await (await serve(t, { ...toKeySettings(ed.file), DATABASE_URL })).signUp()
  const { app } = await serve(t, { ...toKeySettings(ec.file), DATABASE_URL })
  t.throws(() => app.tokens.access.verify(pair.accessToken), { code: 'access_token_invalid' })
  t.throws(() => app.tokens.refresh.verify(pair.refreshToken), { code: 'refresh_token_invalid' })
})

t.test('with a configured key no key is generated beside the database', async t => {
  for (const settings of [toKeySettings(ed.file), { JWT_SECRET: fresh }]) {
    const file = join(t.testdir(), 'latchkey.db')
    await serve(t, { ...settings, DATABASE_URL: `file:${file}` })
    t.ok(existsSync(file))
    t.notOk(existsSync(`${file}.key`))
  }
})

/** A P-256 key by its number alone (RFC 5915, section 3). */
function sec1(number: Buffer): string {
  const der = Buffer.concat([
    Buffer.from('30310201010420', 'hex'),
    number,
    Buffer.from('a00a06082a8648ce3d030107', 'hex')
  ])
  return createPrivateKey({ key: der, type: 'sec1', format: 'der' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()
}
