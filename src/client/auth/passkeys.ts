import type { Call } from '../http/calls.ts'
import type { Send } from '../http/requests.ts'
import {
  readAddedPasskey,
  readEmpty,
  readPasskey,
  readPasskeyCreationOptions,
  readPasskeyRequestOptions,
  readPasskeys
} from '../http/responses.ts'
import type { Platform } from '../platform.ts'
import type { TokenManager } from '../tokens/token-manager.ts'
import type {
  AddedPasskey,
  CreatePasskeySignUpOptionsBody,
  Passkey,
  PatchPasskeyBody,
  User
} from '../types.ts'
import type { NewPasskey, PasskeyProof, PasskeyRequest } from './authenticators.ts'
import { createStartSession } from './start-session.ts'

/** Creates the methods on passkeys. Those that ask the user reject with an error of the browser when the user refuses. */
export function createPasskeys(
  send: Send,
  tokens: TokenManager,
  call: Call,
  { authenticators }: Pick<Platform, 'authenticators'>
) {
  const startSession = createStartSession(send, tokens)

  /** Asks the user for a passkey: as a second factor, or to authenticate again. */
  async function getPasskey(request: PasskeyRequest = {}): Promise<PasskeyProof> {
    const path = '/api/auth/login/passkey-options'
    const options = await send({ method: 'POST', path, read: readPasskeyRequestOptions })
    return authenticators.get(options, request)
  }

  return {
    getPasskey,

    /** Signs in by a passkey, without a user name. */
    async loginWithPasskey(request?: PasskeyRequest): Promise<User> {
      return startSession('/api/auth/login/passkey', { passkey: await getPasskey(request) })
    },

    /** Has a passkey made for a new account: give it to `register`, or to `startRegistration`, in place of a password. */
    async createFirstPasskey({ username, email }: CreatePasskeySignUpOptionsBody): Promise<NewPasskey> {
      const path = '/api/auth/register/passkey-options'
      const body = { username, email }
      return authenticators.create(
        await send({ method: 'POST', path, body, read: readPasskeyCreationOptions })
      )
    },

    /** Adds a passkey to the account; takes a fresh session. Show the `recoveryCodes`, if there are any. */
    async addPasskey(name?: string): Promise<AddedPasskey> {
      const path = '/api/auth/passkeys'
      const options = await call({
        method: 'POST',
        path: `${path}/registration-options`,
        read: readPasskeyCreationOptions
      })
      const passkey = await authenticators.create(options)
      return call({ method: 'POST', path, body: { name, passkey }, read: readAddedPasskey })
    },

    /** Lists the passkeys of the account. */
    passkeys: async (): Promise<Passkey[]> =>
      (await call({ method: 'GET', path: '/api/auth/passkeys', read: readPasskeys })).items,

    /** Renames a passkey. */
    patchPasskey: (id: string, body: PatchPasskeyBody): Promise<Passkey> =>
      call({ method: 'PATCH', path: `/api/auth/passkeys/${id}`, body, read: readPasskey }),

    /** Removes a passkey; takes a fresh session. */
    removePasskey: (id: string): Promise<void> =>
      call({ method: 'DELETE', path: `/api/auth/passkeys/${id}`, read: readEmpty })
  }
}
