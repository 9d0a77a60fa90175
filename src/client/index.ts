import { createAuth } from './auth/auth.ts'
import { createChanges } from './changes/changes.ts'
import { createCall } from './http/calls.ts'
import { createSend } from './http/requests.ts'
import { createLists } from './lists.ts'
import { createPlatform, type Platform } from './platform.ts'
import { createTags } from './tags.ts'
import { createTodos } from './todos.ts'
import { resolveTokenStorage, type StorageSource } from './tokens/storage.ts'
import { createTokenManager, type SignedOut } from './tokens/token-manager.ts'

export interface ClientOptions {
  /** The address of the service, such as `https://todos.example`. */
  readonly baseUrl: string
  /** A personal access token, with which a program works that signs nobody in. */
  readonly token?: string
  /**
   * Where tokens are stored. `() => localStorage` is shared by tabs and survives reloads. By default, and when there is no such
   * storage, the tokens stay in memory.
   */
  readonly storage?: StorageSource
  /**
   * The name of a storage of your own that tabs share. The tabs use it for their lock and their messages. `localStorage` needs
   * no name. Any other storage without a name counts as private to this page.
   */
  readonly storageName?: string
  /** Called when the signed-in user is signed out. */
  readonly onSignedOut?: SignedOut
  /** Milliseconds after which an answer counts as lost. */
  readonly timeout?: number
  /** Replaces parts of the platform: for tests, and for platforms that lack them. */
  readonly platform?: Partial<Platform>
}

const DEFAULT_TIMEOUT = 30_000

/**
 * Creates a client that keeps users signed in. It refreshes expired tokens, and retries lost requests.
 * @throws {Error} when the platform has no `crypto.getRandomValues`
 */
export function createClient(options: ClientOptions) {
  const { storageName, onSignedOut = () => {}, timeout = DEFAULT_TIMEOUT } = options
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  const platform = createPlatform(options.platform ?? {})
  const tokenStorage = resolveTokenStorage(options.storage, baseUrl, storageName, platform.newKey)
  const send = createSend(platform, baseUrl, timeout)
  const tokens = createTokenManager(platform, send, tokenStorage, onSignedOut)
  const call = createCall(send, tokens, options.token)
  return {
    auth: createAuth(send, tokens, call, platform),
    todos: createTodos(platform, call),
    tags: createTags(call),
    lists: createLists(platform, call),
    ...createChanges(platform, tokens, call),
    /** Resolves when an asynchronous storage was read, so that `auth.user()` is known; at once with other storages. */
    ready: Promise.resolve(tokens.reload()),
    /** Stops listening to other tabs. */
    close: tokens.close
  }
}

export type Client = ReturnType<typeof createClient>
export {
  type Authenticators,
  type NewPasskey,
  type PasskeyProof,
  type PasskeyRequest,
  supportsPasskeys
} from './auth/authenticators.ts'
export type { SecondFactorUser } from './auth/factors.ts'
export type { RegisteredUser } from './auth/registration.ts'
export { SignUpModeError } from './auth/sign-up-mode-error.ts'
export type { ChangesOptions } from './changes/changes.ts'
export { ProblemError } from './http/problem-error.ts'
export { UnexpectedResponseError } from './http/responses.ts'
export type { Channel, Locks, Platform } from './platform.ts'
export type { CallOptions, ChangeOptions, RepeatableChangeOptions, RepeatableOptions } from './todos.ts'
export { type KeyValueStorage, memoryStorage, type StorageSource } from './tokens/storage.ts'
export type { SignedOut } from './tokens/token-manager.ts'
export type * from './types.ts'
