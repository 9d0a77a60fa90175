import type { Test } from 'tap'
import { type Service, type Settings, serve } from '../../support/service.ts'

export interface CreatedToken {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAt: string
  readonly expiresAt: string
  readonly lastUsedAt: string | null
  readonly token: string
}

/** Makes a token as a user does. */
export async function createToken(
  { call }: Pick<Service, 'call'>,
  accessToken: string,
  body: object = {}
): Promise<CreatedToken> {
  const answer = await call('POST', '/api/auth/tokens', {
    token: accessToken,
    body: { name: 'script', scopes: ['todos:read', 'todos:write'], ...body }
  })
  if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  return answer.body
}

/** Serves somebody who has signed up, and makes tokens. */
export async function serveOwner(t: Test, settings: Settings = {}) {
  const service = await serve(t, settings)
  const pair = await service.signUp()
  const { call } = service
  return {
    ...service,
    pair,
    /** Calls with the session of the owner. */
    own: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      call(method, `/api/auth${path}`, { token: pair.accessToken, body, headers }),
    create: (body?: object) => createToken(service, pair.accessToken, body)
  }
}

/** The events of an account, as its owner reads them, the latest first. */
export async function eventsOf({ call }: Pick<Service, 'call'>, token: string) {
  const { body } = await call('GET', '/api/auth/events', { token })
  return body.items.map(
    ({
      type,
      sessionId,
      endReason
    }: {
      type: string
      sessionId: string | null
      endReason: string | null
    }) => ({
      type,
      sessionId,
      endReason
    })
  )
}
