import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { openClient } from '../../cluster/two-workers.ts'
import type { Answer } from '../../support/service.ts'
import { pick } from '../model/writes.ts'

/** Sends a request until it is answered, wherever there is somebody who answers. */
export type Call = (
  method: string,
  path: string,
  body?: unknown,
  key?: string
) => Promise<{ status: number; body: Answer['body']; attempts: number }>

/** Milliseconds before another attempt. */
const PAUSE = 20

/** Whether the service has done nothing, or is at it still. */
const isPassing = (status: number, code: string | undefined) =>
  status === 503 || code === 'idempotency_key_in_use'

export function openPersistentClient(
  t: Test,
  urls: readonly string[],
  token: string,
  random: () => number
): Call {
  const calls = urls.map(url => openClient(t, url))
  return async function send(method, path, body, key) {
    for (let attempts = 1; ; attempts++) {
      const headers = key === undefined ? {} : { 'idempotency-key': key }
      const answer = await pick(random, calls)(method, path, { token, body, headers }).catch(() => undefined)
      if (answer && !isPassing(answer.status, answer.body?.code)) return { ...answer, attempts }
      await sleep(PAUSE)
    }
  }
}
