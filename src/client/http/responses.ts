import type {
  AddedPasskey,
  Authentication,
  BatchResult,
  Challenge,
  Change,
  ChangePage,
  Completion,
  CompletionPage,
  ConfirmedFactor,
  CreatedPersonalAccessToken,
  Event,
  EventPage,
  Factor,
  FactorList,
  ImportTodosAnswer,
  List,
  ListPage,
  ListPasskeysAnswer,
  ListPersonalAccessTokensAnswer,
  ListSessionsAnswer,
  NewTotpFactor,
  Passkey,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
  PersonalAccessToken,
  RecoveryCodes,
  RegisteredPair,
  SecondFactorPair,
  Session,
  Tag,
  TagChange,
  TagPage,
  Todo,
  TodoPage,
  TokenPair,
  User
} from '../types.ts'
import {
  isArrayOf,
  isFiniteNumber,
  isHeaderValue,
  isNonEmptyString,
  isNonEmptyStringOrNull,
  isObjectOf,
  type TypeGuard,
  tryParseJson
} from './type-guards.ts'

/**
 * A success with unexpected content, such as the page of a captive portal or of a gateway. It counts as a lost answer.
 */
export class UnexpectedResponseError extends Error {
  override readonly name = 'UnexpectedResponseError'
  readonly status: number
  readonly contentType: string | null
  /** The final address of the answer, after redirects. */
  readonly url: string

  constructor({ status, headers, url }: Response) {
    const contentType = headers.get('content-type')
    super(
      `The answer (${status}, ${contentType ?? 'without a type'}) is not the service's. Check the base URL and the connection: a network may require a sign-in of its own.`
    )
    this.status = status
    this.contentType = contentType
    this.url = url
  }
}

/**
 * Reads the content of a success.
 * @throws {UnexpectedResponseError} when the content is not what the operation answers
 */
export type ResponseReader<Answer> = (response: Response) => Promise<Answer>

const getMediaType = ({ headers }: Response) =>
  `${headers.get('content-type')}`.replace(/;.*/s, '').trim().toLowerCase()

const createJsonReader =
  <Answer>(isAnswer: TypeGuard<Answer>): ResponseReader<Answer> =>
  async response => {
    const value = getMediaType(response) === 'application/json' && tryParseJson(await response.text())
    if (!isAnswer(value)) throw new UnexpectedResponseError(response)
    return value
  }

export const readEmpty: ResponseReader<void> = async response => {
  if (response.status !== 204) throw new UnexpectedResponseError(response)
}

/** Reads the answer that a mail may follow, which tells nothing else. */
export const readAccepted: ResponseReader<void> = async response => {
  if (response.status !== 202) throw new UnexpectedResponseError(response)
  await createJsonReader(isObjectOf({}))(response)
}

const createTextReader =
  (mediaType: string): ResponseReader<string> =>
  async response => {
    if (getMediaType(response) !== mediaType) throw new UnexpectedResponseError(response)
    return response.text()
  }

export const readNdjson = createTextReader('application/x-ndjson')
export const readCalendar = createTextReader('text/calendar')

export const isUser = isObjectOf<User>({
  id: isNonEmptyString,
  username: isNonEmptyString,
  email: isNonEmptyString
})
const isTokenPair = isObjectOf<TokenPair>({
  accessToken: isHeaderValue,
  refreshToken: isHeaderValue,
  expiresIn: isFiniteNumber,
  user: isUser
})
const isChallenge = isObjectOf<Challenge>({ challengeId: isNonEmptyString, expiresIn: isFiniteNumber })
const isRegisteredPair = (value: unknown): value is RegisteredPair =>
  isTokenPair(value) &&
  (!('verification' in value) || isChallenge(value.verification)) &&
  (!('recoveryCodes' in value) || isRecoveryCodes(value))
const isSecondFactorPair = (value: unknown): value is SecondFactorPair =>
  isTokenPair(value) && (!('recoveryCode' in value) || isNonEmptyString(value.recoveryCode))
const isFactor = isObjectOf<Factor>({ id: isNonEmptyString })
const isConfirmedFactor = (value: unknown): value is ConfirmedFactor =>
  isFactor(value) && (!('recoveryCodes' in value) || isRecoveryCodes(value))
const isRecoveryCodes = isObjectOf<RecoveryCodes>({ recoveryCodes: isArrayOf(isNonEmptyString) })
const isPasskey = isObjectOf<Passkey>({ id: isNonEmptyString, name: isNonEmptyString })
const isAddedPasskey = (value: unknown): value is AddedPasskey =>
  isPasskey(value) && (!('recoveryCodes' in value) || isRecoveryCodes(value))
const isAuthentication = isObjectOf<Authentication>({
  authenticatedAt: isNonEmptyString,
  freshUntil: isNonEmptyString
})
const isTodo = isObjectOf<Todo>({ id: isNonEmptyString, title: isNonEmptyString, etag: isNonEmptyString })
const isList = isObjectOf<List>({ id: isNonEmptyString, name: isNonEmptyString, etag: isNonEmptyString })
const isSession = isObjectOf<Session>({ id: isNonEmptyString })
const isPersonalAccessToken = isObjectOf<PersonalAccessToken>({
  id: isNonEmptyString,
  name: isNonEmptyString
})
const isEvent = isObjectOf<Event>({ id: isNonEmptyString })

/** Refuses a page whose `nextCursor` is its own cursor: a proxy dropped the query, and iteration would never end. */
const createPageReader = <Page extends { nextCursor: string | null }>(
  cursor: string | undefined,
  isPage: TypeGuard<Page>
) => createJsonReader((value): value is Page => isPage(value) && value.nextCursor !== cursor)

const isCompletion = isObjectOf<Completion>({ id: isNonEmptyString, completedAt: isNonEmptyString })
const isCompletionPage = isObjectOf<CompletionPage>({
  items: isArrayOf(isCompletion),
  nextCursor: isNonEmptyStringOrNull
})
const isTodoPage = isObjectOf<TodoPage>({ items: isArrayOf(isTodo), nextCursor: isNonEmptyStringOrNull })
const isListPage = isObjectOf<ListPage>({ items: isArrayOf(isList), nextCursor: isNonEmptyStringOrNull })
const isEventPage = isObjectOf<EventPage>({ items: isArrayOf(isEvent), nextCursor: isNonEmptyStringOrNull })

const isTag = isObjectOf<Tag>({ tag: isNonEmptyString, count: isFiniteNumber })
const isTagPage = isObjectOf<TagPage>({ items: isArrayOf(isTag), nextCursor: isNonEmptyStringOrNull })

export const isChange = isObjectOf<Change>({
  type: (value): value is Change['type'] => isNonEmptyString(value),
  id: isNonEmptyString
})
const isChangePage = isObjectOf<ChangePage>({ changes: isArrayOf(isChange), next: isNonEmptyString })
/** Refuses a page that ends where it began though there is more: a proxy dropped the query. */
export const createChangePageReader = (since: string | undefined) =>
  createJsonReader(
    (value): value is ChangePage => isChangePage(value) && !(value.more && value.next === since)
  )
/** Accepts an event stream whose content can be read as it comes: React Native has no such content. */
export const readEventStream: ResponseReader<Response> = async response => {
  if (getMediaType(response) !== 'text/event-stream' || !response.body)
    throw new UnexpectedResponseError(response)
  return response
}

export const readUser = createJsonReader(isUser)
export const readTokenPair = createJsonReader(isTokenPair)
export const readRegisteredPair = createJsonReader(isRegisteredPair)
export const readChallenge = createJsonReader(isChallenge)
/** Reads the pair of a new account, or the challenge with whose code the account comes into being. */
export const readRegistration = createJsonReader(
  (value): value is RegisteredPair | Challenge => isRegisteredPair(value) || isChallenge(value)
)
/** Refuses the token pair of another user. */
export const createTokenPairReader = ({ id }: User) =>
  createJsonReader((value): value is TokenPair => isTokenPair(value) && value.user.id === id)
export const readSecondFactorPair = createJsonReader(isSecondFactorPair)
export const readFactors = createJsonReader(
  isObjectOf<FactorList>({ items: isArrayOf(isFactor), recoveryCodesLeft: isFiniteNumber })
)
export const readNewTotpFactor = createJsonReader(
  isObjectOf<NewTotpFactor>({ id: isNonEmptyString, secret: isNonEmptyString, uri: isNonEmptyString })
)
export const readConfirmedFactor = createJsonReader(isConfirmedFactor)
export const readRecoveryCodes = createJsonReader(isRecoveryCodes)
export const readPasskey = createJsonReader(isPasskey)
export const readAddedPasskey = createJsonReader(isAddedPasskey)
export const readPasskeys = createJsonReader(isObjectOf<ListPasskeysAnswer>({ items: isArrayOf(isPasskey) }))
export const readPasskeyCreationOptions = createJsonReader(
  isObjectOf<PasskeyCreationOptions>({ challenge: isNonEmptyString })
)
export const readPasskeyRequestOptions = createJsonReader(
  isObjectOf<PasskeyRequestOptions>({ challenge: isNonEmptyString })
)
export const readAuthentication = createJsonReader(isAuthentication)
export const readSessions = createJsonReader(isObjectOf<ListSessionsAnswer>({ items: isArrayOf(isSession) }))
export const readPersonalAccessTokens = createJsonReader(
  isObjectOf<ListPersonalAccessTokensAnswer>({ items: isArrayOf(isPersonalAccessToken) })
)
export const readPersonalAccessToken = createJsonReader(isPersonalAccessToken)
export const readCreatedPersonalAccessToken = createJsonReader(
  isObjectOf<CreatedPersonalAccessToken>({ id: isNonEmptyString, token: isHeaderValue })
)
export const createEventPageReader = (cursor: string | undefined) => createPageReader(cursor, isEventPage)
export const readTodo = createJsonReader(isTodo)
export const createTodoPageReader = (cursor: string | undefined) => createPageReader(cursor, isTodoPage)
export const createCompletionPageReader = (cursor: string | undefined) =>
  createPageReader(cursor, isCompletionPage)
export const createTagPageReader = (cursor: string | undefined) => createPageReader(cursor, isTagPage)
export const readTagChange = createJsonReader(isObjectOf<TagChange>({ count: isFiniteNumber }))
export const readList = createJsonReader(isList)
export const createListPageReader = (cursor: string | undefined) => createPageReader(cursor, isListPage)
export const readBatch = createJsonReader(isObjectOf<BatchResult>({ results: isArrayOf(isObjectOf({})) }))
export const readImport = createJsonReader(
  isObjectOf<ImportTodosAnswer>({ created: isFiniteNumber, existing: isFiniteNumber })
)
