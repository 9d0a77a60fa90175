import type { Settings } from '../../support/service.ts'
import { serveSignedIn } from '../signed-in.ts'

type Test = Parameters<typeof serveSignedIn>[0]

interface ImportOptions {
  readonly query?: string
  readonly headers?: Record<string, string>
  readonly token?: string
}

/** A signed-in user who imports calendars. */
export async function serveCalendars(t: Test, settings: Settings = {}) {
  const service = await serveSignedIn(t, settings)
  const { call, todos } = service

  const take = (calendar: string, { query = '', headers = {}, token = service.token }: ImportOptions = {}) =>
    call('POST', `/api/todos/import${query}`, {
      token,
      body: calendar,
      headers: { 'content-type': 'text/calendar', ...headers }
    })

  /** Sends bytes, which need not be a text. */
  async function takeBytes(payload: Buffer, contentType = 'text/calendar') {
    const { statusCode, body } = await service.app.inject({
      method: 'POST',
      url: '/api/todos/import',
      headers: { authorization: `Bearer ${service.token}`, 'content-type': contentType },
      payload
    })
    return { status: statusCode, body: JSON.parse(body) }
  }

  const list = async () => (await todos('GET', '?limit=200')).body.items

  return { ...service, take, takeBytes, list }
}

/** Lines with the line ends of a calendar. */
const toText = (lines: readonly string[]) => lines.map(line => `${line}\r\n`).join('')

/** A calendar of components. The first line of the first one is line 3. */
export const calendarOf = (...lines: readonly string[]): string =>
  toText(['BEGIN:VCALENDAR', 'VERSION:2.0', ...lines, 'END:VCALENDAR'])

/** A calendar with one VTODO. The first of these properties is in line 6. */
export const todoOf = (...properties: readonly string[]): string =>
  calendarOf('BEGIN:VTODO', 'UID:one', 'SUMMARY:One', ...properties, 'END:VTODO')

/** What a todo is apart from its id, its place and its state. */
export const contentOf = ({ id, position, etag, ...content }: Record<string, unknown>) => content
