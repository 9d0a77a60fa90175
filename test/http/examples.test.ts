import t from 'tap'
import { serve } from '../support/service.ts'

/** Every operation, in an order in which each example finds what it needs: the account, the todo, the other session. */
const STORY = [
  'getService',
  'getLiveness',
  'getReadiness',
  'getLimits',
  'getJwks',
  'listProblems',
  'getProblem',
  'register',
  'login',
  'refresh',
  'getMe',
  'listSessions',
  'endSession',
  'listEvents',
  'renameMe',
  'createTodo',
  'getTodo',
  'listTodos',
  'moveTodo',
  'batchTodos',
  'replaceTodo',
  'patchTodo',
  'deleteTodo',
  'restoreTodo',
  'exportTodos',
  'importTodos',
  'deleteMe',
  'register',
  'changePassword',
  'logout'
]

/** What an example names, and another one goes on with. */
const HANDLES = ['id', 'accessToken', 'refreshToken']

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
  const { call, clock } = await serve(t)
  const { body } = await call('GET', '/openapi.json')
  const document: Document = body
  const exampleToken: string = body.components.schemas.TokenPair.examples[0].accessToken
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method: method.toUpperCase(), path, ...operation }))
  )
  t.strictSame([...new Set(STORY)].sort(), operations.map(({ operationId }) => operationId).sort())

  /** What stands in the examples, and what took its place in the answers. */
  const handles = new Map<string, string>()
  const live = (text: string) =>
    Array.from(handles).reduce((text, [example, actual]) => text.replaceAll(example, actual), text)

  for (const operationId of STORY) {
    const operation = operations.find(operation => operation.operationId === operationId)
    if (!operation) continue
    if (operationId === 'refresh') clock.advance(300)
    const [status = '', { content = {} } = {}] =
      Object.entries(operation.responses).find(([status]) => status.startsWith('2')) ?? []
    for (const [contentType, request] of Object.entries(operation.requestBody?.content ?? { '': undefined }))
      for (const [accept, media] of Object.entries({
        ...content,
        ...(status === '204' && { '*/*': undefined })
      })) {
        const name = `${operationId} ${contentType} ${accept}`
        const answer = await call(operation.method, urlOf(t, operation, live), {
          headers: { accept, ...(contentType && { 'content-type': contentType }) },
          ...(isProtected(operation) && { token: live(exampleToken) }),
          ...(request && { body: live(textOf(t, request.example, name)) })
        })
        // That the body is of its schema is seen by what sends requests in tests.
        t.equal(`${answer.status}`, status, name)
        if (!media) continue
        t.match(answer.headers['content-type'], new RegExp(`^${accept}(;|$)`), name)
        const example = exampleOf(document, media)
        t.not(example, undefined, `${name}: the answer has an example`)
        compare(t, handles, name, example, answer.body)
      }
  }
})

type Test = Parameters<typeof serve>[0]

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
    if (HANDLES.includes(key)) handles.set(String(value), String(counterpart))
    compare(t, handles, `${name}/${key}`, value, counterpart)
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
