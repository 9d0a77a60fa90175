import t from 'tap'
import { MAIL_SETTINGS, serveMail } from '../accounts/mail-service.ts'
import { codeOf as totpCodeOf } from '../factors/factor-service.ts'
import { type Authenticator, createAuthenticator } from '../support/authenticator.ts'
import { codeOf, parameterOf, type SentMail } from '../support/mailbox.ts'
import { PASSWORD, type Settings } from '../support/service.ts'

/** Every operation, in an order in which each example finds what it needs: the account, the todo, the other session, the mail. */
const STORY = [
  'getService',
  'getLiveness',
  'getReadiness',
  'getLimits',
  'getJwks',
  'getRelatedOrigins',
  'getPasskeyEndpoints',
  'listProblems',
  'getProblem',
  'createPasskeySignUpOptions',
  'register',
  'login',
  'refresh',
  'getMe',
  'reauthenticate',
  'requestVerification',
  'confirmVerification',
  'listSessions',
  'endSession',
  'listEvents',
  'createPersonalAccessToken',
  'listPersonalAccessTokens',
  'getPersonalAccessToken',
  'revokePersonalAccessToken',
  'renameMe',
  'beginTotp',
  'confirmTotp',
  'listFactors',
  'loginWithSecondFactor',
  'replaceRecoveryCodes',
  'deleteFactor',
  'createPasskeyOptions',
  'addPasskey',
  'listPasskeys',
  'patchPasskey',
  'createPasskeySignInOptions',
  'loginWithPasskey',
  'removePasskey',
  'createTodo',
  'listTags',
  'renameTag',
  'deleteTag',
  'getTodo',
  'listTodos',
  'listChanges',
  'moveTodo',
  'patchTodo',
  'replaceTodo',
  'batchTodos',
  'listCompletions',
  'takeBackCompletion',
  'skipOccurrence',
  'streamChanges',
  'deleteTodo',
  'restoreTodo',
  'exportTodos',
  'importTodos',
  'createList',
  'getList',
  'listLists',
  'moveList',
  'patchList',
  'deleteList',
  'restoreList',
  'deleteMe',
  'register',
  'changeEmail',
  'confirmEmailChange',
  'changePassword',
  'logout',
  'revertEmail',
  'requestPasswordReset',
  'resetPassword'
]
/** Where the account comes into being with the code. */
const VERIFIED_STORY = ['register', 'confirmRegistration', 'getMe']

/** What an example names, and another one goes on with. */
const HANDLES = ['id', 'accessToken', 'refreshToken', 'challengeId', 'secret', 'recoveryCode']
/** One of a list of codes. */
const RECOVERY_CODE = /^\w{6}(-\w{6}){3}$/
/** What stands in the examples for what a mail brings. */
const EXAMPLE_CODE = '123456'
/** What stands there for an authenticator app, and for a sign-in that waits for it. */
const EXAMPLE_SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const EXAMPLE_CHALLENGE = 'lkc_eyJ1c2VySWQiOiIifQ.c2lnbmF0dXJl'
const EXAMPLE_LOGIN = { email: 'ada@example.org', password: PASSWORD }
const EXAMPLE_TOKENS = ['lks_eyJ1c2VySWQiOiIifQ.c2lnbmF0dXJl', 'lkb_eyJpZCI6IiJ9.c2lnbmF0dXJl']

interface Schema {
  $ref?: string
  examples?: unknown[]
}
interface Media {
  schema: Schema
  example?: unknown
}
interface Operation {
  operationId: string
  security?: Record<string, string[]>[]
  parameters?: { in: string; name: string; required: boolean; example?: unknown }[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { content?: Record<string, Media> }>
}
interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}

t.test('every operation has a worked example', async t => {
  const operations = await tell(t, STORY)
  await t.test('where the account comes into being with the code', async t => {
    await tell(t, VERIFIED_STORY, { SIGN_UP: 'verified' })
  })
  t.strictSame([...new Set([...STORY, ...VERIFIED_STORY])].sort(), operations.sort())
})

/** Executes the examples of a story. @returns the names of all operations */
async function tell(t: Test, story: readonly string[], settings: Settings = {}): Promise<string[]> {
  const { call, clock, takeMails } = await serveMail(t, settings)
  const { body } = await call('GET', '/openapi.json')
  const document: Document = body
  const exampleToken: string = body.components.schemas.TokenPair.examples[0].accessToken
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, ...operation }))
  )

  /** What stands in the examples, and what took its place in the answers and the mails. */
  const handles = new Map<string, string>()
  const authenticator = createAuthenticator()
  let passkeyOptions = {}
  const live = (text: string) =>
    Array.from(handles).reduce((text, [example, actual]) => text.replaceAll(example, actual), text)

  for (const operationId of story) {
    const operation = operations.find(operation => operation.operationId === operationId)
    if (!operation) continue
    if (operationId === 'refresh') clock.advance(300)
    if (operationId === 'confirmTotp') handles.set(EXAMPLE_CODE, totpCodeOf(live(EXAMPLE_SECRET), { clock }))
    if (operationId === 'loginWithSecondFactor') {
      const { body } = await call('POST', '/api/auth/login', { body: live(JSON.stringify(EXAMPLE_LOGIN)) })
      handles.set(EXAMPLE_CHALLENGE, body.challenge)
    }
    const successes = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
    const accepted = new Set(successes.flatMap(([, { content = { '*/*': {} } }]) => Object.keys(content)))
    for (const [contentType, request] of Object.entries(operation.requestBody?.content ?? { '': undefined }))
      for (const accept of accepted) {
        const name = `${operationId} ${contentType} ${accept}`
        const answer = await call(operation.method, urlOf(t, operation, live), {
          headers: { accept, ...(contentType && { 'content-type': contentType }) },
          ...(isProtected(operation) && { token: live(exampleToken) }),
          ...(request && {
            body: withPasskey(live(textOf(t, request.example, name)), authenticator, passkeyOptions)
          })
        })
        if (/Passkey.*Options$/.test(operationId)) passkeyOptions = answer.body
        for (const mail of await takeMails()) readMail(handles, mail)
        // That the body is of its schema is seen by what sends requests in tests.
        const [, success] = successes.find(([status]) => status === `${answer.status}`) ?? []
        t.ok(success, `${name}: ${answer.status} is a success`)
        const media = success?.content?.[accept]
        if (!media) continue
        t.match(answer.headers['content-type'], new RegExp(`^${accept}(;|$)`), name)
        const example = exampleOf(document, media)
        t.not(example, undefined, `${name}: the answer has an example`)
        compare(t, handles, name, example, answer.body)
      }
  }
  return operations.map(({ operationId }) => operationId)
}

type Test = Parameters<typeof serveMail>[0]

/** Learns what takes the place of the examples' code and tokens. */
function readMail(handles: Map<string, string>, mail: SentMail) {
  const [code, token] = [codeOf(mail), parameterOf(mail, 'token')]
  if (code) handles.set(EXAMPLE_CODE, code)
  const example = EXAMPLE_TOKENS.find(example => example.slice(0, 4) === token.slice(0, 4))
  if (example) handles.set(example, token)
}

/** Puts what an authenticator makes in the place of the passkey of an example. */
function withPasskey(text: string, authenticator: Authenticator, options: object): string {
  if (!text.includes('"passkey"')) return text
  const body = JSON.parse(text)
  const deviations = { origin: MAIL_SETTINGS.PUBLIC_URL }
  const passkey =
    'signature' in body.passkey.response
      ? authenticator.get(options as Parameters<Authenticator['get']>[0], deviations)
      : authenticator.create(options as Parameters<Authenticator['create']>[0], deviations)
  return JSON.stringify({ ...body, passkey })
}

const isProtected = ({ security = [] }: Operation) => security.some(scheme => 'bearer' in scheme)

/** The address of an example, with the parameters that have one. */
function urlOf(
  t: Test,
  { operationId, path, parameters = [] }: Operation & { path: string },
  live: Live
): string {
  const query = new URLSearchParams()
  let url = path
  for (const { in: place, name, required, example } of parameters) {
    t.ok(example !== undefined || !required, `${operationId}: ${name} has an example`)
    if (example === undefined) continue
    t.not(place, 'header', `${operationId}: nobody sends ${name} unless it is meant; Swagger UI would`)
    if (place === 'path') url = url.replace(`{${name}}`, live(String(example)))
    if (place === 'query') query.append(name, String(example))
  }
  return query.size > 0 ? `${url}?${query}` : url
}
type Live = (text: string) => string

/** The body of an example as it is sent. */
function textOf(t: Test, example: unknown, name: string): string {
  t.not(example, undefined, `${name}: the request has an example`)
  return typeof example === 'string' ? example : JSON.stringify(example)
}

/** The example of an answer: its own, or that of the named schema that it is of. */
function exampleOf({ components }: Document, { schema, example }: Media): unknown {
  const named = components.schemas[schema.$ref?.split('/').at(-1) ?? '']
  return example ?? (named ?? schema).examples?.[0]
}

/** Checks that an answer has the members that its example shows, and learns what takes the place of the example's handles. */
function compare(t: Test, handles: Map<string, string>, name: string, example: unknown, actual: unknown) {
  if (!isObject(example) || !isObject(actual)) return
  if (!Array.isArray(example)) t.strictSame(Object.keys(actual).sort(), Object.keys(example).sort(), name)
  for (const [key, value] of Object.entries(example)) {
    const counterpart = actual[key]
    if (HANDLES.includes(key) || RECOVERY_CODE.test(String(value)))
      handles.set(String(value), String(counterpart))
    compare(t, handles, `${name}/${key}`, value, counterpart)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
