import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'

/** A stream of changes that is open. */
export interface Follower {
  readonly close: () => void
}

const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })

/**
 * Opens a stream of changes, and waits until it has caught up.
 * @param onTitle gets the title of each todo that comes later
 */
export async function openFollower(
  url: string,
  headers: Record<string, string>,
  onTitle: (title: string) => void = () => {}
): Promise<Follower> {
  const call = request(`${url}/api/changes/stream`, { headers, agent }).end()
  call.on('error', () => {})
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  if (response.statusCode !== 200) throw new Error(`a stream was refused: ${response.statusCode}`)
  const isThere = Promise.withResolvers<void>()
  let rest = ''
  let hasCaughtUp = false
  response.setEncoding('utf8').on('data', (chunk: string) => {
    const events = (rest + chunk).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) {
      if (hasCaughtUp && event.startsWith('event: change')) onTitle(titleOf(event))
      hasCaughtUp ||= event.startsWith('event: caught-up')
    }
    if (hasCaughtUp) isThere.resolve()
  })
  response.on('error', () => {})
  await isThere.promise
  return { close: () => call.destroy() }
}

const titleOf = (event: string): string =>
  JSON.parse(event.slice(event.indexOf('data: ') + 'data: '.length)).todo.title
