import type { CounterDefinition } from '../../process/counters.ts'

/**
 * What has happened on the streams of changes: a stream was `opened`, or `resumed` after some change; a change was `sent`; a
 * stream was `dropped`, since its client did not read.
 */
export const streamEvents: CounterDefinition = {
  name: 'latchkey_streams_total',
  help: 'What has happened on the streams of changes',
  label: 'event'
}
