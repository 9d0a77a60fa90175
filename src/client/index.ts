import { authOf } from './auth.ts'
import { callsOf } from './calls.ts'
import { type Platform, platform } from './platform.ts'
import { requestsOf } from './requests.ts'
import { type KeyValueStorage, memoryStorage } from './storage.ts'
import { todosOf } from './todos.ts'
import { type SignedOut, tokensOf } from './tokens.ts'

export interface ClientOptions {
  /** Where the service is, such as `https://todos.example`. */
  readonly baseUrl: string
  /** `localStorage` is shared by tabs and outlives reloads; by default the tokens are kept in memory. */
  readonly storage?: KeyValueStorage
  readonly onSignedOut?: SignedOut
  /** Milliseconds after which an answer counts as lost. */
  readonly timeout?: number
  /** Takes the place of parts of the platform: for tests, and for platforms that lack them. */
  readonly platform?: Partial<Platform>
}

const TIMEOUT = 30_000

/** A client that keeps people signed in: it refreshes the tokens when they have run out, and repeats what got lost. */
export function createClient(options: ClientOptions) {
  const { storage = memoryStorage(), onSignedOut = () => {}, timeout = TIMEOUT } = options
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  // What is kept in memory is shared with nobody.
  const alone = options.storage ? {} : { locks: undefined, channel: undefined, onStored: undefined }
  const parts: Platform = { ...platform(), ...alone, ...options.platform }
  const send = requestsOf(parts, baseUrl, timeout)
  const tokens = tokensOf(parts, send, storage, `latchkey ${baseUrl}`, onSignedOut)
  const call = callsOf(send, tokens)
  return {
    auth: authOf(send, tokens, call),
    todos: todosOf(parts, call),
    /** Stops listening to other tabs. */
    close: tokens.close
  }
}

export type Client = ReturnType<typeof createClient>
export type { Channel, Locks, Platform } from './platform.ts'
export { ProblemError } from './problem-error.ts'
export { type KeyValueStorage, memoryStorage } from './storage.ts'
export type { CallOptions, ChangeOptions, RepeatableOptions } from './todos.ts'
export type { SignedOut } from './tokens.ts'
export type * from './types.ts'
