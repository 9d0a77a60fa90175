import { execFileSync, spawnSync } from 'node:child_process'
import t from 'tap'
import { createSeed, toSecret, toTotpCode } from '../../src/auth/factors/codes/totp.ts'
import { STEP, serveFactors } from './factor-service.ts'

const isInstalled = spawnSync('oathtool', ['--version']).status === 0
// Where nobody looks at what was skipped, nothing is.
const skip = !isInstalled && !process.env.CI && 'oathtool is not installed'

/** The code that another implementation has for a secret at a time. */
const ask = (secret: string, time: Date) =>
  execFileSync(
    'oathtool',
    ['--totp', '--base32', `--now=${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`, secret],
    {
      encoding: 'utf8'
    }
  ).trim()

t.test('oathtool has the same codes', { skip }, async t => {
  for (const seconds of [0, 29, 30, 1_111_111_109, 2_000_000_000, 4_102_444_799])
    for (const seed of [createSeed(), createSeed()])
      t.equal(ask(toSecret(seed), new Date(seconds * 1000)), toTotpCode(seed, Math.floor(seconds / STEP)))
})

t.test('with oathtool an account is protected, and signed in to', { skip }, async t => {
  const { call, pair, clock, challenge, answer } = await serveFactors(t)
  const token = pair.accessToken
  const { id, secret } = (await call('POST', '/api/auth/factors/totp', { token })).body
  const body = { code: ask(secret, clock.now()) }
  t.equal((await call('POST', `/api/auth/factors/totp/${id}/confirm`, { token, body })).status, 200)
  clock.advance(STEP)
  const code = ask(secret, clock.now())
  t.equal((await answer({ challenge: await challenge(), code })).status, 200)
  t.equal((await answer({ challenge: await challenge(), code })).status, 403)
})
