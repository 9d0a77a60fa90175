import { readPairOf } from './answers.ts'
import { type Kept, keeperOf } from './keeper.ts'
import { withLock } from './lock.ts'
import type { Channel, Platform } from './platform.ts'
import { ProblemError } from './problem-error.ts'
import type { Send } from './requests.ts'
import type { Place } from './storage.ts'
import type { TokenPair, User } from './types.ts'

/** Called when who was signed in no longer is: with the service's refusal, or without after a sign-out here or in another tab. */
export type SignedOut = (problem?: ProblemError) => void

/** Makes a request with what is kept, or without if that is nothing. */
type Request<Answer> = (kept: Kept | undefined) => Promise<Answer>

/** How often one call may meet a token that does not work. */
const RENEWALS = 3
/** How long, and in how many steps of how many milliseconds, a tab waits for the pair that another one is about to store. */
const WAITS = 5
const STEPS = 8
const STEP = 250
/** Milliseconds after which a tab sees what another one has stored, and by which it is late when it has stood still. */
const LAG = 100
const STANDSTILL = 2000

/**
 * Keeps the latest pair of tokens, and exchanges it for the next one when its access token has run out: once for any number
 * of calls, and for any number of tabs that share the storage. A tab that cannot read the next pair yet asks for it, too,
 * and gets the same one by its key.
 */
export function tokensOf(platform: Platform, send: Send, place: Place, onSignedOut: SignedOut) {
  const { name, isShared } = place
  const keeper = keeperOf(place.storage, place.item, onSignedOut)
  /** What is kept in memory is shared with nobody. */
  const others = name === undefined ? {} : { channel: platform.channel?.(name), onStored: platform.onStored }
  let { channel } = others
  if (channel) channel.onmessage = heard
  // A message may come before what it tells of can be read in this tab: Chromium carries the two on ways of their own.
  const unlisten = others.onStored?.(() => void (keeper.look() ?? keeper.latest()))

  /** When which access token runs out, on the monotonic clock; unknown after a reload, until the service refuses it. */
  let expiry: { accessToken: string; at: number } | undefined
  let renewal: Promise<void> | undefined

  function expectExpiry(accessToken: string | undefined, seconds: number) {
    if (accessToken !== undefined) expiry = { accessToken, at: platform.now() + seconds * 1000 }
  }

  const hasRunOut = ({ accessToken }: Kept) =>
    expiry?.accessToken === accessToken && platform.now() >= expiry.at

  /** Other tabs only say that something has changed; what, stands in the storage. */
  async function heard({ data }: Parameters<NonNullable<Channel['onmessage']>>[0]) {
    const reading = keeper.look()
    if (reading) await reading
    const kept = keeper.latest()
    if (typeof data === 'number') expectExpiry(kept?.accessToken, data)
  }

  /** Tells other tabs, when they can read it. */
  function tell(message: number | null, keeping: Promise<void> | undefined): Promise<void> | undefined {
    if (keeping) return keeping.then(() => tell(message, undefined))
    channel?.postMessage(message)
    return undefined
  }

  function keep({ user, accessToken, refreshToken, expiresIn }: TokenPair) {
    const keeping = keeper.keep({ user, accessToken, refreshToken, key: platform.newKey() })
    expectExpiry(accessToken, expiresIn)
    return tell(expiresIn, keeping)
  }

  /**
   * Before something is done to the pair that has been read: a tab that has stood still, for a sleep or an open `alert()`,
   * goes on a little before it can read what other tabs have stored meanwhile.
   */
  async function catchUp(): Promise<void> {
    for (let rounds = isShared ? 2 : 0; rounds > 0; rounds--) {
      const since = platform.now()
      await platform.sleep(LAG)
      if (platform.now() - since < STANDSTILL) break
    }
    await keeper.look()
  }

  /** Gets a pair for another one, and keeps it unless that has been replaced meanwhile. */
  async function replace(old: Kept | undefined, get: () => Promise<TokenPair>): Promise<void> {
    const since = platform.now()
    const pair = await get()
    await (platform.now() - since < STANDSTILL ? keeper.look() : catchUp())
    if (old && keeper.isLatest(old)) await keep(pair)
  }

  /** Keeps what has changed of who is signed in. */
  async function rename(user: User): Promise<void> {
    const kept = keeper.latest()
    if (kept?.user.id === user.id) await keeper.keep({ ...kept, user })
  }

  function signOut(problem?: ProblemError) {
    if (!keeper.latest()) return undefined
    const telling = tell(null, keeper.keep(undefined))
    onSignedOut(problem)
    return telling
  }

  /** Waits a while for another tab to store its pair. */
  async function awaitReplacement(old: Kept): Promise<void> {
    for (let step = 0; step < STEPS && keeper.isLatest(old); step++) {
      await platform.sleep(STEP)
      await keeper.look()
    }
  }

  /**
   * Before each try it looks whether the pair is still the latest one: what two tabs have done since its answer got lost would
   * make the repetition look like a theft.
   */
  async function exchange(old: Kept): Promise<void> {
    const { accessToken, refreshToken, key, user } = old
    async function isStillWanted() {
      await catchUp()
      return keeper.isLatest(old)
    }
    const path = '/api/auth/refresh'
    const body = { accessToken, refreshToken }
    const read = readPairOf(user)
    for (let waits = 0; await isStillWanted(); waits++) {
      try {
        return await replace(old, () => send({ method: 'POST', path, body, key, isStillWanted, read }))
      } catch (error) {
        const problem = error instanceof ProblemError ? error : undefined
        if (problem?.code === 'access_token_not_expired')
          return expectExpiry(accessToken, problem.retryAfter ?? 1)
        if (problem?.action === 'use-latest' && waits < WAITS) await awaitReplacement(old)
        else return failed(old, error)
      }
    }
  }

  /** A failure counts if it was of the pair that is still the latest one. */
  async function failed(old: Kept, error: unknown): Promise<void> {
    await catchUp()
    if (!keeper.isLatest(old)) return
    if (error instanceof ProblemError && error.action === 'sign-in') await signOut(error)
    throw error
  }

  /** Sees to it that a pair which does not work any more is not the latest one; all callers share one request. */
  function renew(old: Kept): Promise<void> {
    renewal ??= withLock(platform, name, () => exchange(old)).finally(() => {
      renewal = undefined
    })
    return renewal
  }

  async function attempt<Answer>(
    request: Request<Answer>,
    owner: string | undefined,
    renewals: number
  ): Promise<Answer> {
    const found = keeper.latest()
    if (found && hasRunOut(found)) await renew(found)
    const kept = keeper.latest()
    if (!kept || kept.user.id !== owner) return request(undefined)
    try {
      return await request(kept)
    } catch (error) {
      if (!(error instanceof ProblemError) || error.status !== 401 || renewals === RENEWALS) throw error
      if (error.action === 'refresh') await renew(kept)
      else await failed(kept, error)
      return attempt(request, owner, renewals + 1)
    }
  }

  return {
    keep,
    replace,
    rename,
    signOut,
    latest: keeper.latest,
    look: keeper.look,
    close() {
      channel?.close()
      channel = undefined
      unlisten?.()
    },

    /**
     * Makes a request with an access token that works, in the name of the user who is signed in now; without one, if nobody is
     * or another user takes over meanwhile.
     * @param request may be called several times
     */
    async use<Answer>(request: Request<Answer>): Promise<Answer> {
      const owner = keeper.latest()?.user.id
      const reading = keeper.look()
      if (reading) await reading
      return attempt(request, owner ?? keeper.latest()?.user.id, 0)
    }
  }
}

export type Tokens = ReturnType<typeof tokensOf>
