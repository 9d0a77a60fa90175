import { ProblemError } from '../http/problem-error.ts'
import type { Send } from '../http/requests.ts'
import { createTokenPairReader } from '../http/responses.ts'
import type { Channel, Platform } from '../platform.ts'
import type { TokenPair, User } from '../types.ts'
import { withLock } from './lock.ts'
import type { TokenStorage } from './storage.ts'
import { createTokenStore, type StoredTokens } from './token-store.ts'

/** Called when the signed-in user is signed out. `problem` is the service's refusal; undefined after a sign-out by a tab. */
export type SignedOut = (problem?: ProblemError) => void

/** A request with the stored tokens, or without tokens when nobody is signed in. */
type TokenRequest<Answer> = (stored: StoredTokens | undefined) => Promise<Answer>

/** Renewals of the token for one call. */
const MAX_RENEWALS = 3
/** A tab polls the storage for the pair that another tab is about to store: rounds, polls a round, milliseconds a poll. */
const MAX_WAITS = 5
const POLL_COUNT = 8
const POLL_INTERVAL = 250
/** Milliseconds after which a tab sees a write of another tab; and the delay from which a tab counts as frozen before. */
const STORAGE_LAG = 100
const STANDSTILL_THRESHOLD = 2000

/**
 * Manages the latest token pair. An expired pair is refreshed once for all calls and all tabs that share the storage. A tab
 * that cannot read the new pair yet sends the same refresh, and gets the same pair by its Idempotency-Key.
 */
export function createTokenManager(
  platform: Platform,
  send: Send,
  tokenStorage: TokenStorage,
  onSignedOut: SignedOut
) {
  const { sharedName: name, isShared } = tokenStorage
  const tokenStore = createTokenStore(tokenStorage.storage, tokenStorage.itemName, onSignedOut)
  /** Tokens in memory are not shared. */
  const sharing = name === undefined ? {} : { channel: platform.channel?.(name), onStored: platform.onStored }
  let { channel } = sharing
  if (channel) channel.onmessage = onMessage
  // A message may arrive before the write that it reports is visible in this tab: Chromium sends the two separately.
  const unsubscribe = sharing.onStored?.(() => void (tokenStore.reload() ?? tokenStore.latest()))

  /** The expiry of an access token, on the monotonic clock. After a reload it is unknown until the service refuses the token. */
  let expiry: { accessToken: string; at: number } | undefined
  let renewal: Promise<void> | undefined

  function setExpiry(accessToken: string | undefined, seconds: number) {
    if (accessToken !== undefined) expiry = { accessToken, at: platform.now() + seconds * 1000 }
  }

  const hasExpired = ({ accessToken }: StoredTokens) =>
    expiry?.accessToken === accessToken && platform.now() >= expiry.at

  /** Handles a message of another tab. The message only says that the storage has changed. */
  async function onMessage({ data }: Parameters<NonNullable<Channel['onmessage']>>[0]) {
    const reloading = tokenStore.reload()
    if (reloading) await reloading
    const stored = tokenStore.latest()
    if (typeof data === 'number') setExpiry(stored?.accessToken, data)
  }

  /** Notifies other tabs once the write is done. */
  function notifyTabs(message: number | null, saving: Promise<void> | undefined): Promise<void> | undefined {
    if (saving) return saving.then(() => notifyTabs(message, undefined))
    channel?.postMessage(message)
    return undefined
  }

  function save({ user, accessToken, refreshToken, expiresIn }: TokenPair) {
    const saving = tokenStore.save({ user, accessToken, refreshToken, key: platform.newKey() })
    setExpiry(accessToken, expiresIn)
    return notifyTabs(expiresIn, saving)
  }

  /**
   * Reads the storage after a pause. A tab that was frozen, by a sleep or an open `alert()`, runs for a moment before it sees
   * the writes of other tabs.
   */
  async function catchUp(): Promise<void> {
    for (let rounds = isShared ? 2 : 0; rounds > 0; rounds--) {
      const since = platform.now()
      await platform.sleep(STORAGE_LAG)
      if (platform.now() - since < STANDSTILL_THRESHOLD) break
    }
    await tokenStore.reload()
  }

  /** Exchanges a pair for a new one, and stores that unless the old pair was replaced meanwhile. */
  async function replace(old: StoredTokens | undefined, get: () => Promise<TokenPair>): Promise<void> {
    const since = platform.now()
    const pair = await get()
    await (platform.now() - since < STANDSTILL_THRESHOLD ? tokenStore.reload() : catchUp())
    if (old && tokenStore.isLatest(old)) await save(pair)
  }

  /** Stores a changed user, if that user is still signed in. */
  async function updateUser(user: User): Promise<void> {
    const stored = tokenStore.latest()
    if (stored?.user.id === user.id) await tokenStore.save({ ...stored, user })
  }

  function signOut(problem?: ProblemError) {
    if (!tokenStore.latest()) return undefined
    const notifying = notifyTabs(null, tokenStore.save(undefined))
    onSignedOut(problem)
    return notifying
  }

  /** Waits until another tab has stored a newer pair, for POLL_COUNT polls at most. */
  async function awaitReplacement(old: StoredTokens): Promise<void> {
    for (let poll = 0; poll < POLL_COUNT && tokenStore.isLatest(old); poll++) {
      await platform.sleep(POLL_INTERVAL)
      await tokenStore.reload()
    }
  }

  /**
   * Refreshes a pair. Before each attempt it checks that the pair is still the latest: if two other tabs have refreshed since
   * an answer got lost, the retry would look like a theft.
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

  /** Handles a refusal of a pair. It is ignored when the pair is no longer the latest. */
  async function handleFailure(old: StoredTokens, error: unknown): Promise<void> {
    await catchUp()
    if (!tokenStore.isLatest(old)) return
    if (error instanceof ProblemError && error.action === 'sign-in') await signOut(error)
    throw error
  }

  /** Replaces a pair that is expired or refused. All callers share one refresh. */
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
    save,
    replace,
    updateUser,
    signOut,
    latest: tokenStore.latest,
    reload: tokenStore.reload,
    close() {
      channel?.close()
      channel = undefined
      unsubscribe?.()
    },

    /**
     * Calls `request` with a working access token of the user who is signed in now. When nobody is signed in, or another user
     * signs in meanwhile, `request` is called without tokens.
     * @param request may be called several times
     */
    async withAccessToken<Answer>(request: TokenRequest<Answer>): Promise<Answer> {
      const userId = tokenStore.latest()?.user.id
      const reloading = tokenStore.reload()
      if (reloading) await reloading
      return attempt(request, userId ?? tokenStore.latest()?.user.id, 0)
    }
  }
}

export type TokenManager = ReturnType<typeof createTokenManager>
