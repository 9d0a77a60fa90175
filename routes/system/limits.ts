import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { MAX_EMAIL } from '../../src/auth/accounts/emails.ts'
import type { Config } from '../../src/config/config.ts'
import {
  MAX_BATCH,
  MAX_BODY,
  MAX_DESCRIPTION,
  MAX_IMPORT,
  MAX_IMPORT_LINES,
  MAX_TAG,
  MAX_TAGS,
  MAX_TITLE,
  MAX_VALUES,
  REQUESTS_PER_MINUTE
} from '../../src/config/limits.ts'
import { IDEMPOTENCY_RETENTION } from '../../src/http/idempotency.ts'
import { MAX_OPERATIONS } from '../../src/todos/bulk/batch-operation.ts'
import { MAX_SEARCH_LENGTH } from '../../src/todos/query/list-query.ts'
import { MAX_AUTH_BODY, MAX_PASSWORD, MAX_USERNAME, MIN_USERNAME } from '../auth/schemas.ts'
import { DEFAULT_LIMIT, MAX_IDEMPOTENCY_KEY, MAX_LIMIT, problemResponses, ref } from '../schemas.ts'

const limitSchema = (description: string) => Type.Integer({ description })

const perMinute = Object.fromEntries(
  Object.keys(REQUESTS_PER_MINUTE).map(name => [name, { type: 'integer' }])
)

/** The limits that no setting changes. */
const fixedLimits = {
  titleLength: MAX_TITLE,
  descriptionLength: MAX_DESCRIPTION,
  tags: MAX_TAGS,
  tagLength: MAX_TAG,
  pageDefault: DEFAULT_LIMIT,
  pageMax: MAX_LIMIT,
  searchLength: MAX_SEARCH_LENGTH,
  bodyBytes: MAX_BODY,
  bodyValues: MAX_VALUES,
  authBytes: MAX_AUTH_BODY,
  batchBytes: MAX_BATCH,
  batchOperations: MAX_OPERATIONS,
  importBytes: MAX_IMPORT,
  importLines: MAX_IMPORT_LINES,
  idempotencyKeyLength: MAX_IDEMPOTENCY_KEY,
  idempotencySeconds: IDEMPOTENCY_RETENTION,
  usernameMinLength: MIN_USERNAME,
  usernameMaxLength: MAX_USERNAME,
  emailLength: MAX_EMAIL,
  passwordMaxLength: MAX_PASSWORD
}

/** What the service takes, and for how long it keeps what it does not keep for good. */
export const LimitsDocument = Type.Object(
  {
    titleLength: limitSchema('characters of a title'),
    descriptionLength: limitSchema('characters of a description'),
    tags: limitSchema('tags of a todo'),
    tagLength: limitSchema('characters of a tag'),
    pageDefault: limitSchema('items of a page, unless told'),
    pageMax: limitSchema('items of a page, at most'),
    searchLength: limitSchema('characters of a search'),
    bodyBytes: limitSchema('bytes of a body, those that have a limit of their own apart'),
    bodyValues: limitSchema(
      'values of the JSON of a body, or of a line of an import, names of members among them'
    ),
    authBytes: limitSchema('bytes of a body that is about an account or a session'),
    batchBytes: limitSchema('bytes of a batch'),
    batchOperations: limitSchema('operations of a batch, each todo that one names counted'),
    importBytes: limitSchema('bytes of an import'),
    importLines: limitSchema('lines of an import'),
    idempotencyKeyLength: limitSchema('characters of an Idempotency-Key'),
    idempotencySeconds: limitSchema(
      'seconds for which a todo, a batch or an import may be sent again with its Idempotency-Key'
    ),
    todos: limitSchema('todos of a user, those in the trash included'),
    todoBytes: limitSchema('bytes of the titles, descriptions and tags of a user’s todos, all together'),
    trashSeconds: limitSchema('seconds for which a deleted todo can be restored'),
    usernameMinLength: limitSchema('characters of a user name, at least'),
    usernameMaxLength: limitSchema('characters of a user name, at most'),
    emailLength: limitSchema('characters of an e-mail address'),
    passwordMinLength: limitSchema('characters of a new password, at least'),
    passwordMaxLength: limitSchema('characters of a new password, at most'),
    requestsPerMinute: Type.Unsafe<typeof REQUESTS_PER_MINUTE | null>({
      type: ['object', 'null'],
      properties: perMinute,
      description:
        'requests of a minute from one address, `all` or of a kind; null where they are not counted'
    })
  },
  {
    $id: 'Limits',
    description: 'The limits of the service, in the units that are said with each.',
    examples: [
      {
        ...fixedLimits,
        todos: 100_000,
        todoBytes: 134_217_728,
        trashSeconds: 2_592_000,
        passwordMinLength: 8,
        requestsPerMinute: REQUESTS_PER_MINUTE
      }
    ]
  }
)

const schema = {
  operationId: 'getLimits',
  summary: 'What are the limits',
  description: 'All limits at once, for a client to check by before it sends.',
  tags: ['limits'],
  response: { 200: { ...ref(LimitsDocument), description: 'The limits.' }, ...problemResponses() }
}

const limits: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const answer = {
    ...fixedLimits,
    todos: config.MAX_TODOS,
    todoBytes: config.MAX_TODO_BYTES,
    trashSeconds: config.TRASH_RETENTION,
    passwordMinLength: config.PASSWORD_MIN_LENGTH,
    requestsPerMinute: config.RATE_LIMIT === 'on' ? REQUESTS_PER_MINUTE : null
  }

  app.get('/limits', { schema }, async function limits() {
    return answer
  })
}

export default limits
