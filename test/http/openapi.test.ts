import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import t from 'tap'
import { catalogue } from '../../src/features.ts'
import { withoutCoverage } from '../support/process.ts'
import { serve } from '../support/service.ts'

interface Media {
  schema: { examples?: unknown[] }
  example?: unknown
  examples?: Record<string, { value: unknown }>
}
interface Operation {
  operationId: string
  summary: string
  tags: string[]
  parameters?: { name: string; schema: object; example?: unknown }[]
  requestBody?: { required: boolean; content: Record<string, Media> }
  responses: Record<string, { description: string; content?: Record<string, Media> }>
}

/** The document, and its operations by what a reader calls them. */
async function published(t: Parameters<typeof serve>[0]) {
  const { call } = await serve(t)
  const { status, body: document } = await call('GET', '/openapi.json')
  t.equal(status, 200)
  const operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation }))
  )
  return { document, operations }
}

t.test('redocly finds nothing to say about it, strictly', async t => {
  const { document } = await published(t)
  const file = join(t.testdir(), 'openapi.json')
  writeFileSync(file, JSON.stringify(document))
  const root = join(import.meta.dirname, '../..')
  const cli = join(root, 'node_modules/@redocly/cli/bin/cli.js')
  const options = { cwd: root, env: { ...process.env, REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' } }
  const [command, args] = withoutCoverage(process.execPath, cli, 'lint', '--format=stylish', file)
  const { stderr } = await promisify(execFile)(command, args, options)
  t.match(stderr, /Your API description is valid/)
  t.notMatch(stderr, /warning/i)
})

t.test('every operation is described whole', async t => {
  const { document, operations } = await published(t)
  t.match(document, {
    openapi: '3.1.0',
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        personalAccessToken: { type: 'http', scheme: 'bearer' }
      }
    }
  })
  t.strictSame(Object.keys(document.components.schemas).sort(), [
    'AddedPasskey',
    'Authentication',
    'BatchResult',
    'Challenge',
    'Change',
    'ChangePage',
    'Completion',
    'CompletionPage',
    'ConfirmedFactor',
    'ConfirmedPair',
    'CreatedPersonalAccessToken',
    'Event',
    'EventPage',
    'Factor',
    'FactorList',
    'Limits',
    'List',
    'ListPage',
    'NewTotpFactor',
    'Passkey',
    'PasskeyCreationOptions',
    'PasskeyRequestOptions',
    'PersonalAccessToken',
    'Problem',
    'RecoveryCodes',
    'RegisteredPair',
    'SecondFactorPair',
    'Session',
    'Tag',
    'TagChange',
    'TagPage',
    'Todo',
    'TodoPage',
    'TokenPair',
    'User'
  ])
  t.strictSame(operations.map(({ operationId }) => operationId).sort(), [
    'addPasskey',
    'batchTodos',
    'beginTotp',
    'changeEmail',
    'changePassword',
    'confirmEmailChange',
    'confirmRegistration',
    'confirmTotp',
    'confirmVerification',
    'createList',
    'createPasskeyOptions',
    'createPasskeySignInOptions',
    'createPasskeySignUpOptions',
    'createPersonalAccessToken',
    'createTodo',
    'deleteFactor',
    'deleteList',
    'deleteMe',
    'deleteTag',
    'deleteTodo',
    'endSession',
    'exportTodos',
    'getJwks',
    'getLimits',
    'getList',
    'getLiveness',
    'getMe',
    'getPasskeyEndpoints',
    'getPersonalAccessToken',
    'getProblem',
    'getReadiness',
    'getRelatedOrigins',
    'getService',
    'getTodo',
    'importTodos',
    'listChanges',
    'listCompletions',
    'listEvents',
    'listFactors',
    'listLists',
    'listPasskeys',
    'listPersonalAccessTokens',
    'listProblems',
    'listSessions',
    'listTags',
    'listTodos',
    'login',
    'loginWithPasskey',
    'loginWithSecondFactor',
    'logout',
    'moveList',
    'moveTodo',
    'patchList',
    'patchPasskey',
    'patchTodo',
    'reauthenticate',
    'refresh',
    'register',
    'removePasskey',
    'renameMe',
    'renameTag',
    'replaceRecoveryCodes',
    'replaceTodo',
    'requestPasswordReset',
    'requestVerification',
    'resetPassword',
    'restoreList',
    'restoreTodo',
    'revertEmail',
    'revokePersonalAccessToken',
    'skipOccurrence',
    'streamChanges',
    'takeBackCompletion'
  ])
  for (const { name, summary, tags, requestBody, responses } of operations) {
    t.ok(summary && tags.length === 1, name)
    t.strictSame(
      Object.keys(responses).filter(status => ['400', '429', '500', '503'].includes(status)).length,
      4,
      name
    )
    for (const { description } of Object.values(responses)) t.ok(description, name)
    if (requestBody) {
      t.equal(
        requestBody.required,
        !/ \/api\/auth\/(logout|me|factors\/totp|recovery-codes)$/.test(name) || name.startsWith('patch'),
        name
      )
      for (const status of ['413', '415']) t.ok(responses[status], `${name} ${status}`)
      for (const media of Object.values(requestBody.content)) t.ok(media.example, `${name} has an example`)
    }
  }
})

t.test('a patch is taken as both of its media types', async t => {
  const { operations } = await published(t)
  const { requestBody } = operations.find(({ operationId }) => operationId === 'patchTodo') ?? {}
  t.strictSame(Object.keys(requestBody?.content ?? {}).sort(), [
    'application/json',
    'application/merge-patch+json'
  ])
})

t.test('every example is valid', async t => {
  const { document, operations } = await published(t)
  const ajv = new Ajv({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema(document, 'openapi')
  const validate = (schema: object, value: unknown, name: string) =>
    t.ok(
      ajv.validate(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')), value),
      `${name}: ${ajv.errorsText()}`
    )

  let count = 0
  for (const { name, parameters = [], requestBody, responses } of operations) {
    for (const { schema, example } of parameters.filter(({ example }) => example !== undefined))
      validate(schema, example, name)
    const contents = [requestBody, ...Object.values(responses)].flatMap(part =>
      Object.values(part?.content ?? {})
    )
    for (const { schema, example, examples } of contents) {
      const values = [
        example,
        ...(schema.examples ?? []),
        ...Object.values(examples ?? {}).map(({ value }) => value)
      ]
      for (const value of values.filter(Boolean)) {
        validate(schema, value, name)
        count += 1
      }
    }
  }
  for (const [name, schema] of Object.entries<{
    examples?: unknown[]
    properties: Record<string, { examples?: unknown[] }>
  }>(document.components.schemas)) {
    for (const part of [schema, ...Object.values(schema.properties)])
      for (const value of part.examples ?? []) {
        validate(part, value, name)
        count += 1
      }
  }
  t.ok(count > 100, `${count} examples`)
})

t.test('every error code is listed', async t => {
  const { document } = await published(t)
  t.strictSame(document.components.schemas.Problem.properties.code.enum, Object.keys(catalogue))
})
