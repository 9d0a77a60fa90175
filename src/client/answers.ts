import {
  type Check,
  isListOf,
  isNumber,
  isObjectOf,
  isText,
  isTextOrNull,
  isToken,
  parseJson
} from './shapes.ts'
import type {
  BatchResult,
  Event,
  EventPage,
  ImportTodosAnswer,
  ListSessionsAnswer,
  Session,
  Todo,
  TodoPage,
  TokenPair,
  User
} from './types.ts'

/**
 * A success that is not what was asked for: the page of a captive portal or of a gateway, say, which says 200, too. Nothing
 * of it is kept, and it counts as an answer that got lost.
 */
export class UnexpectedResponseError extends Error {
  override readonly name = 'UnexpectedResponseError'
  readonly status: number
  readonly contentType: string | null
  /** Where it comes from in the end: another address than was asked for, if that sends elsewhere. */
  readonly url: string

  constructor({ status, headers, url }: Response) {
    const contentType = headers.get('content-type')
    super(
      `The answer (${status}, ${contentType ?? 'without a type'}) is not the service's. Check the connection, whose network may want a sign-in of its own, and the base URL.`
    )
    this.status = status
    this.contentType = contentType
    this.url = url
  }
}

/** Reads the content of a success. */
export type Reader<Answer> = (response: Response) => Promise<Answer>

const mediaTypeOf = ({ headers }: Response) =>
  `${headers.get('content-type')}`.replace(/;.*/s, '').trim().toLowerCase()

const jsonOf =
  <Answer>(isAnswer: Check<Answer>): Reader<Answer> =>
  async response => {
    const value = mediaTypeOf(response) === 'application/json' && parseJson(await response.text())
    if (!isAnswer(value)) throw new UnexpectedResponseError(response)
    return value
  }

export const readNothing: Reader<void> = async response => {
  if (response.status !== 204) throw new UnexpectedResponseError(response)
}

export const readLines: Reader<string> = async response => {
  if (mediaTypeOf(response) !== 'application/x-ndjson') throw new UnexpectedResponseError(response)
  return response.text()
}

export const isUser = isObjectOf<User>({ id: isText, username: isText, email: isText })
const isPair = isObjectOf<TokenPair>({
  accessToken: isToken,
  refreshToken: isToken,
  expiresIn: isNumber,
  user: isUser
})
const isTodo = isObjectOf<Todo>({ id: isText, title: isText, etag: isText })
const isSession = isObjectOf<Session>({ id: isText })
const isEvent = isObjectOf<Event>({ id: isText })

/** A page that leads to itself would be walked through for ever: its query got lost on the way, say. */
const readPageAt = <Page extends { nextCursor: string | null }>(
  cursor: string | undefined,
  isPage: Check<Page>
) => jsonOf((value): value is Page => isPage(value) && value.nextCursor !== cursor)

const isTodoPage = isObjectOf<TodoPage>({ items: isListOf(isTodo), nextCursor: isTextOrNull })
const isEventPage = isObjectOf<EventPage>({ items: isListOf(isEvent), nextCursor: isTextOrNull })

export const readUser = jsonOf(isUser)
export const readPair = jsonOf(isPair)
/** That of somebody else is none. */
export const readPairOf = ({ id }: User) =>
  jsonOf((value): value is TokenPair => isPair(value) && value.user.id === id)
export const readSessions = jsonOf(isObjectOf<ListSessionsAnswer>({ items: isListOf(isSession) }))
export const readEvents = (cursor: string | undefined) => readPageAt(cursor, isEventPage)
export const readTodo = jsonOf(isTodo)
export const readTodos = (cursor: string | undefined) => readPageAt(cursor, isTodoPage)
export const readBatch = jsonOf(isObjectOf<BatchResult>({ results: isListOf(isObjectOf({})) }))
export const readImport = jsonOf(isObjectOf<ImportTodosAnswer>({ created: isNumber, existing: isNumber }))
