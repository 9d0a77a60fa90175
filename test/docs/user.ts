/** Answers an example that asks its user: with the codes of an authenticator app, each one once. */
import { toTotpCode } from '../../src/auth/factors/codes/totp.ts'
import { fromBase32 } from '../factors/base32.ts'

const SECRET = /[A-Z2-7]{32}/
/** The service takes the code of the next half minute, too. */
let step = Math.floor(Date.now() / 1000 / 30)
let seed: Buffer | undefined

function prompt(question: string): string {
  const [secret] = SECRET.exec(question) ?? []
  seed = secret === undefined ? seed : fromBase32(secret)
  const code = seed && toTotpCode(seed, step)
  step += 1
  return code ?? ''
}

Object.assign(globalThis, { prompt })
