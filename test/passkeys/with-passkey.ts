import { type Authenticator, createAuthenticator, type Deviations } from '../support/authenticator.ts'
import type { Answer, Service } from '../support/service.ts'

type Call = Service['call']

export const OPTIONS = '/api/auth/passkeys/registration-options'
export const PASSKEYS = '/api/auth/passkeys'
export const SIGN_IN_OPTIONS = '/api/auth/login/passkey-options'
export const SIGN_IN = '/api/auth/login/passkey'

/** Adds a passkey to an account. */
export async function addPasskey(
  call: Call,
  token: string,
  authenticator: Authenticator = createAuthenticator(),
  { name, ...deviations }: Deviations & { name?: string } = {}
): Promise<Answer> {
  const { body: options } = await call('POST', OPTIONS, { token })
  const passkey = authenticator.create(options, deviations)
  return call('POST', PASSKEYS, { token, body: { ...(name && { name }), passkey } })
}

/** Signs in by a passkey. */
export async function signIn(
  call: Call,
  authenticator: Authenticator,
  deviations: Deviations = {}
): Promise<Answer> {
  const { body: options } = await call('POST', SIGN_IN_OPTIONS)
  return call('POST', SIGN_IN, { body: { passkey: authenticator.get(options, deviations) } })
}

export const SIGN_UP_OPTIONS = '/api/auth/register/passkey-options'
export const REGISTER = '/api/auth/register'

/** Registers with a passkey. */
export async function signUpWithPasskey(
  call: Call,
  account: { username: string; email: string },
  authenticator: Authenticator = createAuthenticator(),
  deviations: Deviations = {}
): Promise<Answer> {
  const { body: options } = await call('POST', SIGN_UP_OPTIONS, { body: account })
  return call('POST', REGISTER, {
    body: { ...account, passkey: authenticator.create(options, deviations) }
  })
}
