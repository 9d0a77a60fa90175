import { ProblemError } from '../http/problem-error.ts'
import type { Send } from '../http/requests.ts'
import { createTokenPairReader } from '../http/responses.ts'
import type { Channel, Platform } from '../platform.ts'
import type { TokenPair, User } from '../types.ts'
import { withLock } from './lock.ts'
import type { TokenStorage } from './storage.ts'
import { createTokenStore, type StoredTokens } from './token-store.ts'

/** Called when who was signed in no longer is: with the service's refusal, or without after a sign-out here or in another tab. */
export type SignedOut = (problem?: ProblemError) => void

/** Makes a request with what is kept, or without if that is nothing. */
type TokenRequest<Answer> = (stored: StoredTokens | undefined) => Promise<Answer>

/** How often one call may meet a token that does not work. */
const MAX_RENEWALS = 3
/** How long, and in how many steps of how many milliseconds, a tab waits for the pair that another one is about to store. */
const MAX_WAITS = 5
const POLL_COUNT = 8
const POLL_INTERVAL = 250
/** Milliseconds after which a tab sees what another one has stored, and by which it is late when it has stood still. */
const STORAGE_LAG = 100
const STANDSTILL_THRESHOLD = 2000

/**
 * Keeps the latest pair of tokens, and exchanges it for the next one when its access token has run out: once for any number
 * of calls, and for any number of tabs that share the storage. A tab that cannot read the next pair yet asks for it, too,
 * and gets the same one by its key.
 */
export function createTokenManager(
  platform: Platform,
  send: Send,
  tokenStorage: TokenStorage,
  onSignedOut: SignedOut
) {
  const { sharedName: name, isShared } = tokenStorage
  const tokenStore = createTokenStore(tokenStorage.storage, tokenStorage.itemName, onSignedOut)
  /** What is kept in memory is shared with nobody. */
  const sharing = name === undefined ? {} : { channel: platform.channel?.(name), onStored: platform.onStored }
  let { channel } = sharing
  if (channel) channel.onmessage = onMessage
  // A message may come before what it tells of can be read in this tab: Chromium carries the two on ways of their own.
  const unsubscribe = sharing.onStored?.(() => void (tokenStore.look() ?? tokenStore.latest()))

  /** When which access token runs out, on the monotonic clock; unknown after a reload, until the service refuses it. */
  let expiry: { accessToken: string; at: number } | undefined
  let renewal: Promise<void> | undefined

  function setExpiry(accessToken: string | undefined, seconds: number) {
    if (accessToken !== undefined) expiry = { accessToken, at: platform.now() + seconds * 1000 }
  }

  const hasExpired = ({ accessToken }: StoredTokens) =>
    expiry?.accessToken === accessToken && platform.now() >= expiry.at

  /** Other tabs only say that something has changed; what, stands in the storage. */
  async function onMessage({ data }: Parameters<NonNullable<Channel['onmessage']>>[0]) {
    const reloading = tokenStore.look()
    if (reloading) await reloading
    const stored = tokenStore.latest()
    if (typeof data === 'number') setExpiry(stored?.accessToken, data)
  }

  /** Tells other tabs, when they can read it. */
  function notifyTabs(message: number | null, saving: Promise<void> | undefined): Promise<void> | undefined {
    if (saving) return saving.then(() => notifyTabs(message, undefined))
    channel?.postMessage(message)
    return undefined
  }

  function save({ user, accessToken, refreshToken, expiresIn }: TokenPair) {
    const saving = tokenStore.keep({ user, accessToken, refreshToken, key: platform.newKey() })
    setExpiry(accessToken, expiresIn)
    return notifyTabs(expiresIn, saving)
  }

  /**
   * Before something is done to the pair that has been read: a tab that has stood still, for a sleep or an open `alert()`,
   * goes on a little before it can read what other tabs have stored meanwhile.
   */
  async function catchUp(): Promise<void> {
    for (let rounds = isShared ? 2 : 0; rounds > 0; rounds--) {
      const since = platform.now()
      await platform.sleep(STORAGE_LAG)
      if (platform.now() - since < STANDSTILL_THRESHOLD) break
    }
    await tokenStore.look()
  }

  /** Gets a pair for another one, and keeps it unless that has been replaced meanwhile. */
  async function replace(old: StoredTokens | undefined, get: () => Promise<TokenPair>): Promise<void> {
    const since = platform.now()
    const pair = await get()
    await (platform.now() - since < STANDSTILL_THRESHOLD ? tokenStore.look() : catchUp())
    if (old && tokenStore.isLatest(old)) await save(pair)
  }

  /** Keeps what has changed of who is signed in. */
  async function updateUser(user: User): Promise<void> {
    const stored = tokenStore.latest()
    if (stored?.user.id === user.id) await tokenStore.keep({ ...stored, user })
  }

  function signOut(problem?: ProblemError) {
    if (!tokenStore.latest()) return undefined
    const notifying = notifyTabs(null, tokenStore.keep(undefined))
    onSignedOut(problem)
    return notifying
  }

  /** Waits a while for another tab to store its pair. */
  async function awaitReplacement(old: StoredTokens): Promise<void> {
    for (let poll = 0; poll < POLL_COUNT && tokenStore.isLatest(old); poll++) {
      await platform.sleep(POLL_INTERVAL)
      await tokenStore.look()
    }
  }

  /**
   * Before each try it looks whether the pair is still the latest one: what two tabs have done since its answer got lost would
   * make the repetition look like a theft.
   */
  async function exchange(old: StoredTokens): Promise<void> {
    const { accessToken, refreshToken, key, user } = old
    async function shouldRetry() {
      await catchUp()
      return tokenStore.isLatest(old)
    }
    const path = '/api/auth/refresh'
    const body = { accessToken, refreshToken }
    const read = createTokenPairReader(user)
    for (let waits = 0; await shouldRetry(); waits++) {
      try {
        return await replace(old, () => send({ method: 'POST', path, body, key, shouldRetry, read }))
      } catch (error) {
        const problem = error instanceof ProblemError ? error : undefined
        if (problem?.code === 'access_token_not_expired')
          return setExpiry(accessToken, problem.retryAfter ?? 1)
        if (problem?.action === 'use-latest' && waits < MAX_WAITS) await awaitReplacement(old)
        else return handleFailure(old, error)
      }
    }
  }

  /** A failure counts if it was of the pair that is still the latest one. */
  async function handleFailure(old: StoredTokens, error: unknown): Promise<void> {
    await catchUp()
    if (!tokenStore.isLatest(old)) return
    if (error instanceof ProblemError && error.action === 'sign-in') await signOut(error)
    throw error
  }

  /** Sees to it that a pair which does not work any more is not the latest one; all callers share one request. */
  function renew(old: StoredTokens): Promise<void> {
    renewal ??= withLock(platform, name, () => exchange(old)).finally(() => {
      renewal = undefined
    })
    return renewal
  }

  async function attempt<Answer>(
    request: TokenRequest<Answer>,
    userId: string | undefined,
    renewals: number
  ): Promise<Answer> {
    const before = tokenStore.latest()
    if (before && hasExpired(before)) await renew(before)
    const stored = tokenStore.latest()
    if (!stored || stored.user.id !== userId) return request(undefined)
    try {
      return await request(stored)
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 401 || renewals === MAX_RENEWALS) throw error
      if (error.action === 'refresh') await renew(stored)
      else await handleFailure(stored, error)
      return attempt(request, userId, renewals + 1)
    }
  }

  return {
    keep: save,
    replace,
    rename: updateUser,
    signOut,
    latest: tokenStore.latest,
    reload: tokenStore.look,
    close() {
      channel?.close()
      channel = undefined
      unsubscribe?.()
    },

    /**
     * Makes a request with an access token that works, in the name of the user who is signed in now; without one, if nobody is
     * or another user takes over meanwhile.
     * @param request may be called several times
     */
    async withAccessToken<Answer>(request: TokenRequest<Answer>): Promise<Answer> {
      const userId = tokenStore.latest()?.user.id
      const reloading = tokenStore.look()
      if (reloading) await reloading
      return attempt(request, userId ?? tokenStore.latest()?.user.id, 0)
    }
  }
}

export type TokenManager = ReturnType<typeof createTokenManager>
