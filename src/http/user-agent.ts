import Bowser from 'bowser'

/**
 * Makes a user agent readable: `Firefox on Windows`. A program that is no browser is called what it calls itself first.
 * @returns null when there is none
 */
export function describeUserAgent(userAgent: string | null): string | null {
  if (!userAgent) return null
  const { browser, os } = Bowser.parse(userAgent)
  const program = browser.name || userAgent.split(/[/\s]/, 1)[0] || null
  return os.name ? `${program} on ${os.name}` : program
}
