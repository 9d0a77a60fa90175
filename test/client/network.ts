import { PASSWORD, type Pair, type Service } from '../service.ts'
import type { Agenda } from './agenda.ts'

/** The part of a response that the client looks at. */
type Answer = { status: number; contentType: string; retryAfter?: string; text: string }

export const responseOf = ({ status, contentType, retryAfter, text }: Answer) =>
  ({
    ok: status < 300,
    status,
    headers: new Headers({ 'content-type': contentType, ...(retryAfter && { 'retry-after': retryAfter }) }),
    text: async () => text,
    json: async () => JSON.parse(text)
  }) as Response

const html = (status: number): Answer => ({ status, contentType: 'text/html', text: '<h1>Sorry</h1>' })
const busy: Answer = {
  status: 503,
  contentType: 'application/problem+json',
  retryAfter: '1',
  text: JSON.stringify({ code: 'overloaded', action: 'retry-later' })
}

/** The share of requests that meet each mishap. */
export interface Weather {
  readonly lost: number
  readonly unanswered: number
  readonly doubled: number
  readonly slow: number
  readonly refused: number
}
export const STORM: Weather = { lost: 0.1, unanswered: 0.15, doubled: 0.1, slow: 0.15, refused: 0.08 }
export const CALM: Weather = { lost: 0, unanswered: 0, doubled: 0, slow: 0, refused: 0 }

/** Seconds that a request, or an answer, takes at most: longer than a client waits for it. */
const SLOW = 50
/** How often, and for how long, the service is down to be restarted. */
const RESTARTS = 7_200
const RESTART = 20

export interface World {
  readonly service: Service
  readonly agenda: Agenda
  readonly random: () => number
  readonly users: Pair['user'][]
  weather: Weather
  /** When the service first exchanged which refresh token. */
  readonly exchanged: Map<string, number>
  /** What has happened how often. */
  readonly seen: Record<'requests' | 'repeated' | 'races' | 'lost', number>
}

/** Carries a request to the service, now. */
async function deliver(world: World, url: string, init: RequestInit): Promise<Answer> {
  const { agenda, service, exchanged, seen, users, random } = world
  if (agenda.now() % RESTARTS < RESTART && world.weather !== CALM) return html(502)
  if (random() < world.weather.refused) return random() < 0.5 ? busy : html(504)
  seen.requests += 1
  if (url.endsWith('/login')) {
    // Hashing would be all that this is about.
    const user = users[Number(JSON.parse(`${init.body}`).password)] as Pair['user']
    const pair = await service.app.sessions.start(
      { ...user, passwordVersion: 0 },
      { ip: '127.0.0.1', userAgent: null }
    )
    return { status: 200, contentType: 'application/json', text: JSON.stringify(pair) }
  }
  const response = await service.app.inject({
    method: init.method as 'GET',
    url,
    headers: init.headers as Record<string, string>,
    ...(init.body !== undefined && { payload: `${init.body}` })
  })
  if (url.endsWith('/refresh')) {
    const { refreshToken } = JSON.parse(`${init.body}`)
    if (response.statusCode === 200 && exchanged.has(refreshToken)) seen.repeated += 1
    if (response.statusCode === 200 && !exchanged.has(refreshToken)) exchanged.set(refreshToken, agenda.now())
    if (response.body.includes('use-latest')) seen.races += 1
  }
  const retryAfter = response.headers['retry-after']
  return {
    status: response.statusCode,
    contentType: `${response.headers['content-type']}`,
    ...(retryAfter !== undefined && { retryAfter: `${retryAfter}` }),
    text: response.body
  }
}

/**
 * Sends a request through the weather: it, or its answer, may get lost, be late, or arrive twice; of a loss the sender learns
 * at once or never.
 */
export function carry(world: World, url: string, init: RequestInit, answer: (response?: Response) => void) {
  const { agenda, random, seen, weather } = world
  const travel = () => (random() < weather.slow ? random() * SLOW : random() * 0.2)
  function lose() {
    seen.lost += 1
    if (random() < 0.6) agenda.after(travel(), () => answer())
  }
  async function arrive() {
    const response = await agenda.during(deliver(world, url, init))
    if (random() < weather.unanswered) lose()
    else agenda.after(travel(), () => answer(responseOf(response)))
  }
  if (random() < weather.doubled)
    agenda.after(travel() + 1, () => void agenda.during(deliver(world, url, init)))
  if (random() < weather.lost) lose()
  else agenda.after(travel(), () => void arrive())
}

export const worldOf = async (
  service: Service,
  agenda: Agenda,
  random: () => number,
  people: number
): Promise<World> => {
  const users: Pair['user'][] = []
  for (let person = 0; person < people; person++)
    users.push((await service.signUp({ password: PASSWORD })).user)
  return {
    service,
    agenda,
    random,
    users,
    weather: STORM,
    exchanged: new Map(),
    seen: { requests: 0, repeated: 0, races: 0, lost: 0 }
  }
}
