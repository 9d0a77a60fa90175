import { authOf } from './auth.ts'
import { callsOf } from './calls.ts'
import { type Platform, platform } from './platform.ts'
import { requestsOf } from './requests.ts'
import { placeOf, type StorageSource } from './storage.ts'
import { todosOf } from './todos.ts'
import { type SignedOut, tokensOf } from './tokens.ts'

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

const TIMEOUT = 30_000
/** A client that keeps people signed in: it refreshes the tokens when they have run out, and repeats what got lost. */
export function createClient(options: ClientOptions) {
  const { storageName, onSignedOut = () => {}, timeout = TIMEOUT } = options
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  const parts = platform(options.platform ?? {})
  const place = placeOf(options.storage, baseUrl, storageName, parts.newKey)
  const send = requestsOf(parts, baseUrl, timeout)
  const tokens = tokensOf(parts, send, place, onSignedOut)
  const call = callsOf(send, tokens)
  return {
    auth: authOf(send, tokens, call),
    todos: todosOf(parts, call),
    /** Done when a storage that answers later was read, and `auth.user()` knows who is signed in; at once with others. */
    ready: Promise.resolve(tokens.look()),
    /** Stops listening to other tabs. */
    close: tokens.close
  }
}

export type Client = ReturnType<typeof createClient>
export { UnexpectedResponseError } from './answers.ts'
export type { Channel, Locks, Platform } from './platform.ts'
export { ProblemError } from './problem-error.ts'
export { type KeyValueStorage, memoryStorage, type StorageSource } from './storage.ts'
export type { CallOptions, ChangeOptions, RepeatableOptions } from './todos.ts'
export type { SignedOut } from './tokens.ts'
export type * from './types.ts'
