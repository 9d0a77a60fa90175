import Bowser from 'bowser'

/**
 * Describes a user agent for people: `Firefox on Windows`. An unknown program is named by its first product token.
 * @returns null without a user agent
 */
export function describeUserAgent(userAgent: string | null): string | null {
  if (!userAgent) return null
  const { browser, os } = Bowser.parse(userAgent)
  const program = browser.name || userAgent.split(/[/\s]/, 1)[0] || null
  return os.name ? `${program} on ${os.name}` : program
}
