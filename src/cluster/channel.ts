/** The way from one process to another, by which each hears what the other sends. */
export interface Channel {
  readonly send: (message: string | object) => unknown
  readonly on: (event: 'message', listener: (message: unknown) => void) => unknown
}
