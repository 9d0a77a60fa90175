import type { IncomingHttpHeaders } from 'node:http'
import Bowser from 'bowser'

/** Where a request came from, as far as the request says. */
export interface ClientInfo {
  readonly ip: string
  readonly userAgent: string | null
}

/** The most characters of a user agent that are kept. Real user agents are shorter. */
const MAX_USER_AGENT = 512

/** @param request whose `ip` is the client's: behind a trusted proxy, the address that the proxy names */
export const toClientInfo = ({ ip, headers }: { ip: string; headers: IncomingHttpHeaders }): ClientInfo => ({
  ip,
  userAgent: headers['user-agent']?.slice(0, MAX_USER_AGENT) ?? null
})

/**
 * Makes a user agent readable: `Firefox on Windows`. A program that is no browser goes by the first name in its user agent.
 * @returns null when there is none
 */
export function describeUserAgent(userAgent: string | null): string | null {
  if (!userAgent) return null
  const { browser, os } = Bowser.parse(userAgent)
  const program = browser.name || userAgent.split(/[/\s]/, 1)[0] || null
  return os.name ? `${program} on ${os.name}` : program
}
