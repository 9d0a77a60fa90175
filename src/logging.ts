import type { Config } from './config.ts'

/**
 * How the log is written: JSON, a line an entry, for machines; readable for people, who sit at a terminal.
 * @param isTerminal whether standard output is one
 */
export const loggingOf = ({ LOG_LEVEL: level }: Config, isTerminal: boolean) => ({
  level,
  ...(isTerminal && { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname' } } })
})
