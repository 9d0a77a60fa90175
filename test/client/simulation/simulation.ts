import { PASSWORD, type Pair, type Service } from '../../support/service.ts'
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

/** The share of requests that each fault hits. */
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

/** The longest latency of a request or an answer, in seconds. It is longer than the client's timeout. */
const MAX_LATENCY = 50
/** The service restarts at this interval, and is down for this duration. Seconds. */
const RESTART_INTERVAL = 7_200
const RESTART_DURATION = 20

export interface Simulation {
  readonly service: Service
  readonly scheduler: Scheduler
  readonly random: () => number
  readonly users: Pair['user'][]
  faultRates: FaultRates
  /** The time at which the service first exchanged each refresh token. */
  readonly exchanged: Map<string, number>
  /** The number of events of each kind. */
  readonly counts: Record<'requests' | 'repeated' | 'races' | 'lost', number>
}

/** Delivers a request to the service at once. */
async function deliver(simulation: Simulation, url: string, init: RequestInit): Promise<Answer> {
  const { scheduler, service, exchanged, counts, users, random } = simulation
  if (scheduler.now() % RESTART_INTERVAL < RESTART_DURATION && simulation.faultRates !== NO_FAULTS)
    return createHtmlAnswer(502)
  if (random() < simulation.faultRates.refused) return random() < 0.5 ? busyAnswer : createHtmlAnswer(504)
  counts.requests += 1
  if (url.endsWith('/login')) {
    // A real sign-in would spend all the time on hashing.
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
    if (response.statusCode === 200 && exchanged.has(refreshToken)) counts.repeated += 1
    if (response.statusCode === 200 && !exchanged.has(refreshToken))
      exchanged.set(refreshToken, scheduler.now())
    if (response.body.includes('use-latest')) counts.races += 1
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
 * Sends a request over a faulty network. The request or its answer may get lost, be late, or arrive twice. The sender learns
 * of a loss soon or never.
 */
export function transmit(
  simulation: Simulation,
  url: string,
  init: RequestInit,
  onAnswer: (response?: Response) => void
) {
  const { scheduler, random, counts, faultRates } = simulation
  const drawLatency = () => (random() < faultRates.slow ? random() * MAX_LATENCY : random() * 0.2)
  function lose() {
    counts.lost += 1
    if (random() < 0.6) scheduler.schedule(drawLatency(), () => onAnswer())
  }
  async function arrive() {
    const response = await scheduler.holdTimeDuring(deliver(simulation, url, init))
    if (random() < faultRates.answerLost) lose()
    else scheduler.schedule(drawLatency(), () => onAnswer(toResponse(response)))
  }
  if (random() < faultRates.duplicated)
    scheduler.schedule(drawLatency() + 1, () => void scheduler.holdTimeDuring(deliver(simulation, url, init)))
  if (random() < faultRates.lost) lose()
  else scheduler.schedule(drawLatency(), () => void arrive())
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
