import { Agent, request } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import autocannon from 'autocannon'
import { processorTime, type Running } from './process.ts'

/** A request as autocannon takes it; `path` is required here. */
export type LoadRequest = autocannon.Request & { readonly path: string }

/** The measurements of a round. */
export interface LoadSample {
  /** Requests a second, all answered by 2xx. */
  readonly rate: number
  /** Milliseconds within which 50 and 99 of 100 requests were answered. */
  readonly p50: number
  readonly p99: number
  /** Microseconds of processor time that a request took. */
  readonly cpu: number
}

/** Milliseconds. */
const SAMPLE_INTERVAL = 50

/**
 * Sends as many requests as are answered, each connection its own ones in turn.
 * @throws when a request is not answered by 2xx: what is refused is not the work that is measured
 */
export async function runLoad(
  running: Running,
  connections: number,
  seconds: number,
  requests: (connection: number) => LoadRequest[]
): Promise<LoadSample> {
  let connection = 0
  const before = processorTime(running)
  const result = await autocannon({
    url: running.url,
    connections,
    duration: seconds,
    // autocannon checks at this interval whether to stop.
    sampleInt: SAMPLE_INTERVAL,
    setupClient: client => client.setRequests(requests(connection++))
  })
  const cpu = processorTime(running) - before
  const { errors, timeouts, non2xx, latency, duration } = result
  const answered = result['2xx']
  if (errors + timeouts + non2xx > 0 || answered === 0)
    throw new Error(`${answered} answers were good, ${non2xx} not; ${errors} errors, ${timeouts} timeouts`)
  return { rate: answered / duration, p50: latency.p50, p99: latency.p99, cpu: (cpu * 1e6) / answered }
}

/** Milliseconds between two requests of `sendSteadily`. */
const INTERVAL = 5

/**
 * Sends a request every 5 ms, whether the one before has been answered or not, so that none is spared by another one
 * that waits.
 * @returns the milliseconds within which 99 of 100 were answered
 */
export async function sendSteadily(
  { url }: Running,
  seconds: number,
  requests: readonly LoadRequest[]
): Promise<number> {
  const agent = new Agent({ keepAlive: true })
  const answers: Promise<number | Error>[] = []
  const count = (seconds * 1000) / INTERVAL
  const begin = performance.now()
  for (let index = 0; index < count; index += 1) {
    answers.push(
      timeRequest(agent, url, requests[index % requests.length] as LoadRequest).catch(error => error)
    )
    await setTimeout(Math.max(0, begin + (index + 1) * INTERVAL - performance.now()))
  }
  const times: number[] = []
  for (const answer of await Promise.all(answers)) {
    if (typeof answer !== 'number') throw answer
    times.push(answer)
  }
  agent.destroy()
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] as number
}

function timeRequest(agent: Agent, url: string, { path, headers = {} }: LoadRequest): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const begin = performance.now()
  request(`${url}${path}`, { agent, headers: headers as Record<string, string> }, response => {
    if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`))
    response.resume().on('end', () => resolve(performance.now() - begin))
  })
    .on('error', reject)
    .end()
  return promise
}
