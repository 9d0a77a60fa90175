import type { Test } from 'tap'
import { toTotpCode } from '../../src/auth/factors/codes/totp.ts'
import { serveMail } from '../accounts/mail-service.ts'
import { PASSWORD, type Service, type Settings } from '../support/service.ts'
import { fromBase32 } from './base32.ts'

/** Seconds of a time step. */
export const STEP = 30

/** The code that an authenticator app shows, some steps from now. */
export const codeOf = (secret: string, { clock }: Pick<Service, 'clock'>, offset = 0): string =>
  toTotpCode(fromBase32(secret), Math.floor(clock.now().getTime() / 1000 / STEP) + offset)

/** A code that is none of the present ones. */
export const wrongCodeOf = (secret: string, service: Pick<Service, 'clock'>): string =>
  ['000000', '000001', '000002', '000003'].find(
    code => ![-1, 0, 1].some(offset => codeOf(secret, service, offset) === code)
  ) as string

/** Starts a service with an account, and what people do with second factors. */
export async function serveFactors(t: Test, settings: Settings = {}) {
  const service = await serveMail(t, settings)
  const { call, clock } = service
  const email = 'ada@example.org'
  const pair = await service.signUp({ username: 'ada', email })
  await service.takeMails()

  /** Sets an authenticator app up, and lets its first code pass. */
  async function addTotp(token = pair.accessToken) {
    const { id, secret } = (await call('POST', '/api/auth/factors/totp', { token })).body
    const path = `/api/auth/factors/totp/${id}/confirm`
    const { body } = await call('POST', path, { token, body: { code: codeOf(secret, service) } })
    clock.advance(STEP)
    return { id: id as string, secret: secret as string, recoveryCodes: body.recoveryCodes as string[] }
  }

  const login = (password = PASSWORD) => call('POST', '/api/auth/login', { body: { email, password } })

  /** Gives the password, for a challenge. */
  const challenge = async (): Promise<string> => (await login()).body.challenge

  const answer = (body: Record<string, unknown>, headers?: Record<string, string>) =>
    call('POST', '/api/auth/login/second-factor', { body, ...(headers && { headers }) })

  return { ...service, pair, email, addTotp, login, challenge, answer }
}

export type FactorService = Awaited<ReturnType<typeof serveFactors>>
