/*
 * The rules of sessions, apart from how the service keeps them. A request is a list of moments: at each it looks at the
 * world, may change it, and either has its outcome or goes on. Requests that are under way together may take turns
 * between moments, never within one.
 */

export const SETTINGS = {
  ACCESS_TOKEN_TTL: 300,
  REFRESH_RACE_LEEWAY: 10,
  REFRESH_RETRY_WINDOW: 600,
  REFRESH_TOKEN_TTL: 5000,
  SESSION_TTL: 20_000,
  REAUTHENTICATION_TTL: 600
}

export interface World {
  /** In milliseconds, as all times here. */
  now: number
  accounts: { email: string; password: string; hasSecondFactor: boolean; isDeleted: boolean }[]
  sessions: Record<string, Session>
}

interface Session {
  account: number
  /** For each generation of its pair, when the access token expires. The last pair is the only one that works. */
  expiries: number[]
  rotatedAt: number
  absoluteEnd: number
  /** When its user last showed who they are, and at which level. */
  authenticatedAt: number
  level: number
  /** The Idempotency-Key with which the last pair was asked for. */
  key: string | null
  /** Generations before this one have stale access tokens: the password was changed since. */
  minAccessGeneration: number
  hasEnded: boolean
}

/** One of the pairs that a session ever had, the first being 1. */
export interface PairName {
  session: string
  generation: number
}

/** `session` names the one to be, or to be ended. */
export type Request =
  | { kind: 'register' | 'login'; email: string; password: string; session: string }
  | { kind: 'me'; pair: PairName }
  | { kind: 'refresh'; pair: PairName; key: string | null }
  | { kind: 'logout'; pair: PairName; scope: 'local' | 'others' | 'all' }
  | { kind: 'end'; pair: PairName; session: string }
  | { kind: 'password'; pair: PairName; current: string; next: string; endOthers: boolean }
  | { kind: 'delete' | 'reauthenticate'; pair: PairName; password: string }
  /** The account of the pair gets a second factor, or loses it. */
  | { kind: 'factor'; pair: PairName; hasSecondFactor: boolean }
  /** The session shows a second factor. */
  | { kind: 'raise'; pair: PairName }

/** The status, then the pair given or the code and action of the refusal: `200 a.2`, `401 refresh_token_revoked sign-in`. */
export type Outcome = string

/** What a request that is under way has seen. */
interface Memory {
  /** Whether the password was enough for the account when the request was authenticated. */
  isPasswordEnough?: boolean
  /** Whether its write was refused. Why, is found out at a later moment. */
  isRefused?: boolean
}

type AtomicStep = (world: World, memory: Memory) => Outcome | undefined

const seconds = (count: number) => count * 1000
const SECOND_FACTOR = '401 second_factor_required second-factor'
const BAD_CREDENTIALS = '401 invalid_credentials sign-in'
/** What a session does to its account, or to another one, it does only while it is live itself. */
const REVOKED = '401 access_token_revoked sign-in'
const STALE = '401 reauthentication_required reauthenticate'
const PASSWORD_WRONG = '403 password_wrong'
const USED = '401 refresh_token_used'

export function toAtomicSteps(request: Request): AtomicStep[] {
  switch (request.kind) {
    case 'register':
      return [world => register(world, request), world => signIn(world, request, 201)]
    case 'login':
      return [world => checkCredentials(world, request), world => signIn(world, request, 200)]
    case 'me':
      return [world => authenticate(world, request.pair) ?? '200']
    case 'refresh':
      return [
        world => rejectEarlyRefresh(world, request.pair),
        world => refresh(world, request.pair, request.key)
      ]
    case 'logout':
      return [
        world => logoutOtherSessions(world, request.pair, request.scope),
        world => logout(world, request.pair, request.scope)
      ]
    case 'end':
      return [
        world => authenticate(world, request.pair),
        world => end(world, request.pair, request.session),
        (world, memory) => explain(world, request.pair, memory)
      ]
    case 'password':
      return [
        (world, memory) => stepUp(world, request.pair, memory),
        world => checkPassword(world, request.pair, request.current),
        (world, memory) => changePassword(world, request, memory),
        (world, memory) => explain(world, request.pair, memory)
      ]
    case 'delete':
      return [
        (world, memory) => stepUp(world, request.pair, memory),
        world => checkPassword(world, request.pair, request.password),
        (world, memory) => endAll(world, request, memory),
        (world, memory) =>
          memory.isRefused ? explain(world, request.pair, memory) : removeAccount(world, request.pair)
      ]
    case 'reauthenticate':
      return [
        world =>
          authenticate(world, request.pair) ?? (isLevelEnough(world, request.pair, 1) ? undefined : STALE),
        world => checkPassword(world, request.pair, request.password),
        world => reauthenticate(world, request),
        (world, memory) => explain(world, request.pair, memory)
      ]
    case 'factor':
      return [world => setSecondFactor(world, request)]
    case 'raise':
      return [world => raise(world, request.pair)]
  }
}

type Credentials = Extract<Request, { kind: 'register' | 'login' }>

function register({ accounts }: World, { email, password }: Credentials) {
  if (accounts.some(account => account.email === email && !account.isDeleted)) return '409 already_taken'
  accounts.push({ email, password, hasSecondFactor: false, isDeleted: false })
  return undefined
}

function checkCredentials({ accounts }: World, { email, password }: Credentials) {
  const match = accounts.find(
    account => account.email === email && account.password === password && !account.isDeleted
  )
  if (!match) return BAD_CREDENTIALS
  return match.hasSecondFactor ? SECOND_FACTOR : undefined
}

/** The account may have gone, or got a second factor, while its password was checked, for that takes long. */
function signIn(world: World, { email, session: name }: Credentials, status: number) {
  const account = world.accounts.findIndex(account => account.email === email && !account.isDeleted)
  if (account < 0 || world.accounts[account]?.hasSecondFactor) return BAD_CREDENTIALS
  const session: Session = {
    account,
    expiries: [],
    rotatedAt: world.now,
    absoluteEnd: world.now + seconds(SETTINGS.SESSION_TTL),
    authenticatedAt: world.now,
    level: 1,
    key: null,
    minAccessGeneration: 1,
    hasEnded: false
  }
  world.sessions[name] = session
  return `${status} ${issuePair(world, name, null)}`
}

/** Retires the pair before, if any. The access token lives from a whole second on, and never longer than its session. */
function issuePair({ now, sessions }: World, name: string, key: string | null) {
  const session = getSession(sessions, name)
  const expiry = now + seconds(SETTINGS.ACCESS_TOKEN_TTL)
  session.expiries.push(floorToSecond(Math.min(expiry, session.absoluteEnd)))
  session.rotatedAt = now
  session.key = key
  return toLatestPairName(name, session)
}

const floorToSecond = (time: number) => Math.floor(time / 1000) * 1000
const toLatestPairName = (name: string, { expiries }: Session) => `${name}.${expiries.length}`

function getSession(sessions: World['sessions'], name: string): Session {
  const session = sessions[name]
  if (!session) throw new Error(`There is no session ${name}.`)
  return session
}

/** What becomes of a request that an access token lets in. */
function authenticate(world: World, pair: PairName) {
  const { session, account, isStale, hasExpired } = lookUp(world, pair)
  if (hasExpired) return '401 access_token_expired refresh'
  if (account.isDeleted || session.hasEnded) return REVOKED
  if (isStale) return '401 access_token_stale refresh'
  return undefined
}

function lookUp({ now, accounts, sessions }: World, { session: name, generation }: PairName) {
  const session = getSession(sessions, name)
  const account = accounts[session.account] as World['accounts'][number]
  return {
    session,
    account,
    isStale: generation < session.minAccessGeneration && !account.isDeleted,
    hasExpired: now >= (session.expiries[generation - 1] ?? 0)
  }
}

/** An access token that still works is not refreshed, so that a pair cannot be used up ahead of time. */
function rejectEarlyRefresh(world: World, pair: PairName) {
  const { session, account, hasExpired, isStale } = lookUp(world, pair)
  const isUnusable = hasExpired || isStale || session.hasEnded || account.isDeleted
  return isUnusable ? undefined : '409 access_token_not_expired retry-later'
}

function refresh(world: World, pair: PairName, key: string | null) {
  const { session, account } = lookUp(world, pair)
  const latest = session.expiries.length
  const age = world.now - session.rotatedAt
  const isPreviousGeneration = pair.generation === latest - 1

  if (account.isDeleted) return '401 refresh_token_invalid sign-in'
  if (!hasNotExpired(world, session)) return '401 refresh_token_expired sign-in'

  // The answer was lost: the same request gets the same pair again, as long as nobody has used that.
  const isReplay = key !== null && key === session.key && isPreviousGeneration && !session.hasEnded
  if (isReplay && age <= seconds(SETTINGS.REFRESH_RETRY_WINDOW))
    return `200 ${toLatestPairName(pair.session, session)}`

  if (pair.generation < latest) {
    // Two tabs raced; the other one has the pair that works.
    const isRace = isPreviousGeneration && age <= seconds(SETTINGS.REFRESH_RACE_LEEWAY) && !session.hasEnded
    if (isRace) return `${USED} use-latest`
    // Two hold the same pair, and one of them is a thief.
    session.hasEnded = true
    return `${USED} sign-in`
  }
  if (session.hasEnded) return '401 refresh_token_revoked sign-in'
  return `200 ${issuePair(world, pair.session, key)}`
}

/** Whether a session can still be refreshed: not idle for too long, and not at its absolute end. */
const hasNotExpired = ({ now }: World, { rotatedAt, absoluteEnd }: Session) =>
  now < Math.min(rotatedAt + seconds(SETTINGS.REFRESH_TOKEN_TTL), absoluteEnd)

export function isLive(world: World, name: string): boolean {
  const session = getSession(world.sessions, name)
  return hasNotExpired(world, session) && !session.hasEnded && !world.accounts[session.account]?.isDeleted
}

type Scope = 'local' | 'others' | 'all'

/** The sessions of others, and all, are ended by the latest access token of a live one only. */
function logoutOtherSessions(world: World, pair: PairName, scope: Scope) {
  const { session, hasExpired, isStale } = lookUp(world, pair)
  const isLatest = pair.generation === session.expiries.length && !hasExpired && !isStale
  if (scope === 'local' || !isLatest || !isLive(world, pair.session)) return undefined
  endSessions(world, pair, name => scope === 'all' || name !== pair.session)
  return '204'
}

/** Takes any access token that the session ever had, however old. */
function logout(world: World, pair: PairName, scope: Scope) {
  if (scope !== 'others' && isLive(world, pair.session))
    endSessions(world, pair, name => name === pair.session)
  return '204'
}

/** To end another session than the own one takes a fresh session. */
function end(world: World, pair: PairName, name: string) {
  const [own, other] = [getSession(world.sessions, pair.session), getSession(world.sessions, name)]
  if (!isLive(world, pair.session)) return undefined
  if (name !== pair.session && !isFresh(world, pair)) return undefined
  if (other.account !== own.account || !isLive(world, name)) return '404 session_not_found'
  other.hasEnded = true
  return '204'
}

/** Ends some of the sessions of a pair's owner. No rule makes an ended session live again. */
function endSessions(world: World, pair: PairName, isSelected: (name: string) => boolean): undefined {
  const { account } = getSession(world.sessions, pair.session)
  for (const [name, session] of Object.entries(world.sessions))
    if (session.account === account && hasNotExpired(world, session) && isSelected(name))
      session.hasEnded = true
}

function endAll(
  world: World,
  { pair, password }: Extract<Request, { kind: 'delete' | 'reauthenticate' }>,
  memory: Memory
) {
  memory.isRefused = !isPermitted(world, pair, password, memory)
  return memory.isRefused ? undefined : endSessions(world, pair, () => true)
}

function checkPassword(world: World, pair: PairName, password: string) {
  const { account } = lookUp(world, pair)
  return account.isDeleted || account.password !== password ? PASSWORD_WRONG : undefined
}

const isLevelEnough = (world: World, pair: PairName, level: number) =>
  level >= (lookUp(world, pair).account.hasSecondFactor ? 2 : 1)

/** Whether the user has authenticated a short time ago, at the level that the account asks for. */
function isFresh(world: World, pair: PairName): boolean {
  const { session } = lookUp(world, pair)
  const isRecent = world.now - session.authenticatedAt < seconds(SETTINGS.REAUTHENTICATION_TTL)
  return isRecent && isLevelEnough(world, pair, session.level)
}

/** Lets a request in that gives a password. Where that is not enough, the session must be fresh. */
function stepUp(world: World, pair: PairName, memory: Memory) {
  memory.isPasswordEnough = isLevelEnough(world, pair, 1)
  return authenticate(world, pair) ?? (memory.isPasswordEnough || isFresh(world, pair) ? undefined : STALE)
}

/** Whether a dangerous write takes effect: what let its request in must still be so. */
function isPermitted(world: World, pair: PairName, password: string, { isPasswordEnough }: Memory): boolean {
  if (!isLive(world, pair.session)) return false
  if (!isPasswordEnough) return isFresh(world, pair)
  return isLevelEnough(world, pair, 1) && checkPassword(world, pair, password) === undefined
}

/** Why a write was refused, as far as that still shows. */
function explain(world: World, pair: PairName, { isPasswordEnough = false }: Memory) {
  if (!isLive(world, pair.session)) return REVOKED
  return isPasswordEnough && isLevelEnough(world, pair, 1) ? PASSWORD_WRONG : STALE
}

function reauthenticate(
  world: World,
  { pair, password }: Extract<Request, { kind: 'delete' | 'reauthenticate' }>
) {
  const refusal = checkPassword(world, pair, password)
  if (refusal || !isLive(world, pair.session) || !isLevelEnough(world, pair, 1)) return refusal
  Object.assign(lookUp(world, pair).session, { authenticatedAt: world.now, level: 1 })
  return '200'
}

function setSecondFactor(world: World, { pair, hasSecondFactor }: Extract<Request, { kind: 'factor' }>) {
  lookUp(world, pair).account.hasSecondFactor = hasSecondFactor
  return '204'
}

function raise(world: World, pair: PairName) {
  if (isLive(world, pair.session))
    Object.assign(lookUp(world, pair).session, { authenticatedAt: world.now, level: 2 })
  return '204'
}

/** Access tokens become stale, while sessions go on: but for those that are to end, each may be refreshed. */
function changePassword(
  world: World,
  { pair, current, next, endOthers }: Extract<Request, { kind: 'password' }>,
  memory: Memory
) {
  if (!isPermitted(world, pair, current, memory)) return undefined
  const refusal = checkPassword(world, pair, current)
  if (refusal) return refusal
  const { session, account } = lookUp(world, pair)
  account.password = next
  for (const other of Object.values(world.sessions))
    if (other.account === session.account && !other.hasEnded)
      other.minAccessGeneration = other.expiries.length + 1
  if (endOthers) endSessions(world, pair, name => name !== pair.session)
  return `200 ${issuePair(world, pair.session, null)}`
}

function removeAccount(world: World, pair: PairName) {
  lookUp(world, pair).account.isDeleted = true
  return '204'
}

/** A request and what came of it. */
export interface Exchange {
  request: Request
  outcome: Outcome
}

/**
 * The worlds there may be after requests that were under way together: those that some order of their moments leads to,
 * with just these outcomes. None, if the service broke a rule.
 */
export function findReachableWorlds(before: World[], exchanges: Exchange[]): World[] {
  const steps = exchanges.map(({ request }) => toAtomicSteps(request))
  const seen = new Set<string>()
  const worlds: World[] = []

  /**
   * @param positions how many moments of each request have been; -1 when it has its outcome
   * @param memories what each has seen
   */
  function explore(world: string, positions: number[], memories: Memory[]) {
    const node = `${positions} ${JSON.stringify(memories)} ${world}`
    if (seen.has(node)) return
    seen.add(node)
    if (positions.every(position => position === -1)) worlds.push(JSON.parse(world))
    positions.forEach((position, index) => {
      const step = steps[index]?.[position]
      if (!step) return
      const next = JSON.parse(world)
      const memory = { ...memories[index] }
      const outcome = step(next, memory)
      if (outcome !== undefined && outcome !== exchanges[index]?.outcome) return
      explore(
        JSON.stringify(next),
        positions.with(index, outcome === undefined ? position + 1 : -1),
        memories.with(index, outcome === undefined ? memory : {})
      )
    })
  }

  const start = exchanges.map(() => 0)
  const memories = exchanges.map(() => ({}))
  for (const world of before) explore(JSON.stringify(world), start, memories)
  return worlds
}
