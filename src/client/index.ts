import { createAuth } from './auth.ts'
import { createCall } from './http/calls.ts'
import { createSend } from './http/requests.ts'
import { createPlatform, type Platform } from './platform.ts'
import { createTodos } from './todos.ts'
import { resolveTokenStorage, type StorageSource } from './tokens/storage.ts'
import { createTokenManager, type SignedOut } from './tokens/token-manager.ts'

export interface ClientOptions {
  /** Where the service is, such as `https://todos.example`. */
  readonly baseUrl: string
  /**
   * `() => localStorage` is shared by tabs and outlives reloads. By default, and where there is no such storage, the tokens are
   * kept in memory.
   */
  readonly storage?: StorageSource
  /**
   * Names a storage of your own that tabs share, so that they wait for each other and tell each other. `localStorage` needs no
   * name; any other storage counts as one of this page alone.
   */
  readonly storageName?: string
  readonly onSignedOut?: SignedOut
  /** Milliseconds after which an answer counts as lost. */
  readonly timeout?: number
  /** Takes the place of parts of the platform: for tests, and for platforms that lack them. */
  readonly platform?: Partial<Platform>
}

const DEFAULT_TIMEOUT = 30_000
/** A client that keeps people signed in: it refreshes the tokens when they have run out, and repeats what got lost. */
export function createClient(options: ClientOptions) {
  const { storageName, onSignedOut = () => {}, timeout = DEFAULT_TIMEOUT } = options
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  const platform = createPlatform(options.platform ?? {})
  const tokenStorage = resolveTokenStorage(options.storage, baseUrl, storageName, platform.newKey)
  const send = createSend(platform, baseUrl, timeout)
  const tokens = createTokenManager(platform, send, tokenStorage, onSignedOut)
  const call = createCall(send, tokens)
  return {
    auth: createAuth(send, tokens, call),
    todos: createTodos(platform, call),
    /** Done when a storage that answers later was read, and `auth.user()` knows who is signed in; at once with others. */
    ready: Promise.resolve(tokens.reload()),
    /** Stops listening to other tabs. */
    close: tokens.close
  }
}

export type Client = ReturnType<typeof createClient>
export { ProblemError } from './http/problem-error.ts'
export { UnexpectedResponseError } from './http/responses.ts'
export type { Channel, Locks, Platform } from './platform.ts'
export type { CallOptions, ChangeOptions, RepeatableOptions } from './todos.ts'
export { type KeyValueStorage, memoryStorage, type StorageSource } from './tokens/storage.ts'
export type { SignedOut } from './tokens/token-manager.ts'
export type * from './types.ts'
