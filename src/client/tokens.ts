import type { Channel, Platform } from './platform.ts'
import { ProblemError } from './problem-error.ts'
import type { Send } from './requests.ts'
import { type Kept, type KeyValueStorage, keeperOf } from './storage.ts'
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

/**
 * Keeps the latest pair of tokens, and exchanges it for the next one when its access token has run out: once for any number
 * of calls, and for any number of tabs that share the storage. A tab that cannot read the next pair yet asks for it, too,
 * and gets the same one by its key.
 * @param name what the pair is kept under, and what tabs know each other by
 */
export function tokensOf(
  platform: Platform,
  send: Send,
  storage: KeyValueStorage,
  name: string,
  onSignedOut: SignedOut
) {
  const keeper = keeperOf(storage, name, onSignedOut)
  const channel = platform.channel?.(name)
  if (channel) channel.onmessage = heard
  // A message may come before what it tells of can be read in this tab: Chromium carries the two on ways of their own.
  const unlisten = platform.onStored?.(keeper.latest)

  /** When which access token runs out, on the monotonic clock; unknown after a reload, until the service refuses it. */
  let expiry: { accessToken: string; at: number } | undefined
  let renewal: Promise<void> | undefined

  function expectExpiry(accessToken: string | undefined, seconds: number) {
    if (accessToken !== undefined) expiry = { accessToken, at: platform.now() + seconds * 1000 }
  }

  const hasRunOut = ({ accessToken }: Kept) =>
    expiry?.accessToken === accessToken && platform.now() >= expiry.at

  /** Other tabs only say that something has changed; what, stands in the storage. */
  function heard({ data }: Parameters<NonNullable<Channel['onmessage']>>[0]) {
    const kept = keeper.latest()
    if (typeof data === 'number') expectExpiry(kept?.accessToken, data)
  }

  function keep({ user, accessToken, refreshToken, expiresIn }: TokenPair) {
    keeper.keep({ user, accessToken, refreshToken, key: platform.newKey() })
    expectExpiry(accessToken, expiresIn)
    channel?.postMessage(expiresIn)
  }

  /** Keeps a pair that was got for another one, unless that has been replaced meanwhile. */
  function replace(old: Kept, pair: TokenPair) {
    if (keeper.isLatest(old)) keep(pair)
  }

  /** Keeps what has changed of who is signed in. */
  function rename(user: User) {
    const kept = keeper.latest()
    if (kept?.user.id === user.id) keeper.keep({ ...kept, user })
  }

  function signOut(problem?: ProblemError) {
    if (!keeper.latest()) return
    keeper.keep(undefined)
    channel?.postMessage(null)
    onSignedOut(problem)
  }

  /** Waits a while for another tab to store its pair. */
  async function awaitReplacement(old: Kept): Promise<void> {
    for (let step = 0; step < STEPS && keeper.isLatest(old); step++) await platform.sleep(STEP)
  }

  async function exchange(old: Kept): Promise<void> {
    const { accessToken, refreshToken, key } = old
    for (let waits = 0; keeper.isLatest(old); waits++) {
      try {
        const path = '/api/auth/refresh'
        const body = { accessToken, refreshToken }
        return replace(old, await send<TokenPair>({ method: 'POST', path, body, key }))
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error
        if (error.code === 'access_token_not_expired') return expectExpiry(accessToken, error.retryAfter ?? 1)
        if (error.action === 'use-latest' && waits < WAITS) await awaitReplacement(old)
        else return refused(old, error)
      }
    }
  }

  /** A refusal counts if it was of the pair that is still the latest one. */
  function refused(old: Kept, problem: ProblemError) {
    if (!keeper.isLatest(old)) return
    if (problem.action === 'sign-in') signOut(problem)
    throw problem
  }

  /** Sees to it that a pair which does not work any more is not the latest one; all callers share one request. */
  function renew(old: Kept): Promise<void> {
    const work = () => exchange(old)
    renewal ??= (platform.locks ? platform.locks.request(name, work) : work()).finally(() => {
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
      else refused(kept, error)
      return attempt(request, owner, renewals + 1)
    }
  }

  return {
    keep,
    replace,
    rename,
    signOut,
    latest: keeper.latest,
    close() {
      channel?.close()
      unlisten?.()
    },

    /**
     * Makes a request with an access token that works, in the name of the user who is signed in now; without one, if nobody is
     * or another user takes over meanwhile.
     * @param request may be called several times
     */
    use: <Answer>(request: Request<Answer>) => attempt(request, keeper.latest()?.user.id, 0)
  }
}

export type Tokens = ReturnType<typeof tokensOf>
