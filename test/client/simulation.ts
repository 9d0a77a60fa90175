import { PASSWORD, type Pair, type Service } from '../support/service.ts'
import type { Scheduler } from './scheduler.ts'

/** The part of a response that the client looks at. */
type Answer = { status: number; contentType: string; retryAfter?: string; text: string }

export const toResponse = ({ status, contentType, retryAfter, text }: Answer) =>
  ({
    ok: status < 300,
    status,
    headers: new Headers({ 'content-type': contentType, ...(retryAfter && { 'retry-after': retryAfter }) }),
    text: async () => text,
    json: async () => JSON.parse(text)
  }) as Response

const createHtmlAnswer = (status: number): Answer => ({
  status,
  contentType: 'text/html',
  text: '<h1>Sorry</h1>'
})
const busyAnswer: Answer = {
  status: 503,
  contentType: 'application/problem+json',
  retryAfter: '1',
  text: JSON.stringify({ code: 'overloaded', action: 'retry-later' })
}

/** The share of requests that meet each mishap. */
export interface FaultRates {
  readonly lost: number
  readonly answerLost: number
  readonly duplicated: number
  readonly slow: number
  readonly refused: number
}
export const HIGH_FAULT_RATES: FaultRates = {
  lost: 0.1,
  answerLost: 0.15,
  duplicated: 0.1,
  slow: 0.15,
  refused: 0.08
}
export const NO_FAULTS: FaultRates = { lost: 0, answerLost: 0, duplicated: 0, slow: 0, refused: 0 }

/** Seconds that a request, or an answer, takes at most: longer than a client waits for it. */
const MAX_LATENCY = 50
/** How often, and for how long, the service is down to be restarted. */
const RESTART_INTERVAL = 7_200
const RESTART_DURATION = 20

export interface Simulation {
  readonly service: Service
  readonly scheduler: Scheduler
  readonly random: () => number
  readonly users: Pair['user'][]
  faultRates: FaultRates
  /** When the service first exchanged which refresh token. */
  readonly exchanged: Map<string, number>
  /** What has happened how often. */
  readonly counts: Record<'requests' | 'repeated' | 'races' | 'lost', number>
}

/** Carries a request to the service, now. */
async function deliver(simulation: Simulation, url: string, init: RequestInit): Promise<Answer> {
  const { scheduler: agenda, service, exchanged, counts: seen, users, random } = simulation
  if (agenda.now() % RESTART_INTERVAL < RESTART_DURATION && simulation.faultRates !== NO_FAULTS)
    return createHtmlAnswer(502)
  if (random() < simulation.faultRates.refused) return random() < 0.5 ? busyAnswer : createHtmlAnswer(504)
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
export function transmit(
  simulation: Simulation,
  url: string,
  init: RequestInit,
  onAnswer: (response?: Response) => void
) {
  const { scheduler: agenda, random, counts: seen, faultRates: weather } = simulation
  const drawLatency = () => (random() < weather.slow ? random() * MAX_LATENCY : random() * 0.2)
  function lose() {
    seen.lost += 1
    if (random() < 0.6) agenda.schedule(drawLatency(), () => onAnswer())
  }
  async function arrive() {
    const response = await agenda.holdTimeDuring(deliver(simulation, url, init))
    if (random() < weather.answerLost) lose()
    else agenda.schedule(drawLatency(), () => onAnswer(toResponse(response)))
  }
  if (random() < weather.duplicated)
    agenda.schedule(drawLatency() + 1, () => void agenda.holdTimeDuring(deliver(simulation, url, init)))
  if (random() < weather.lost) lose()
  else agenda.schedule(drawLatency(), () => void arrive())
}

export const createSimulation = async (
  service: Service,
  scheduler: Scheduler,
  random: () => number,
  userCount: number
): Promise<Simulation> => {
  const users: Pair['user'][] = []
  for (let index = 0; index < userCount; index++)
    users.push((await service.signUp({ password: PASSWORD })).user)
  return {
    service,
    scheduler,
    random,
    users,
    faultRates: HIGH_FAULT_RATES,
    exchanged: new Map(),
    counts: { requests: 0, repeated: 0, races: 0, lost: 0 }
  }
}
