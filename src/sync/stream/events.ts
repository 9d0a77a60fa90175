/*
 * The text of server-sent events (HTML Living Standard, section 9.2). Only a change has an id: whoever has received it has
 * followed the changes as far as that.
 */

/** How long a client waits before it connects again, in milliseconds. */
export const toRetryText = (ms: number): string => `retry: ${ms}\n\n`

/**
 * A change.
 * @param token how far whoever has this change has followed
 * @param data the change as JSON, in one line
 */
export const toChangeText = (token: string, data: string): string =>
  `event: change\nid: ${token}\ndata: ${data}\n\n`

/** Says that all changes were sent, as far as `next`. */
export const toCaughtUpText = (next: string): string =>
  `event: caught-up\ndata: ${JSON.stringify({ next })}\n\n`

/** Says why the stream ends. */
export const toEndText = (code: string): string => `event: end\ndata: ${JSON.stringify({ code })}\n\n`

/** A comment, which shows both ends and all between that the connection still stands. */
export const HEARTBEAT = ': heartbeat\n\n'
