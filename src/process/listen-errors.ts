import { isIP } from 'node:net'
import { describeSystemError, SystemError } from './system-error.ts'

/** The address of a server, and the names of its settings. */
export interface ListenOptions {
  readonly host: string
  readonly port: number
  /** The prefix of the names of the settings: none, or `METRICS_`. */
  readonly prefix?: string
}

/**
 * Turns an error of `listen` into a SystemError that names the setting to change.
 * @returns any other error unchanged
 */
export function toListenError(error: Error, { host, port, prefix = '' }: ListenOptions): Error {
  const { code, syscall } = error as NodeJS.ErrnoException
  if (!syscall) return error
  const reason = describeSystemError(error)
  if (code === 'EADDRINUSE')
    return new SystemError(
      `${prefix}PORT: ${port} at ${host} is in use (${code}). Give another one (0 takes any that is free), or end the ` +
        'program that listens there.'
    )
  if (code === 'EACCES')
    return new SystemError(
      `${prefix}PORT: ${port} is not for this user: ${reason}. Give one from 1024 to 65535, or 0 for any that is free.`
    )
  const advice = isIP(host) ? 'Give one of its own, 127.0.0.1 or 0.0.0.0, say' : 'Give an address'
  return new SystemError(`${prefix}HOST: ${host} is no address of this machine: ${reason}. ${advice}.`)
}
