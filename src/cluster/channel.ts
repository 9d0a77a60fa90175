/** A connection between two processes. Each receives what the other sends. */
export interface Channel {
  readonly send: (message: string | object) => unknown
  readonly on: (event: 'message', listener: (message: unknown) => void) => unknown
}
