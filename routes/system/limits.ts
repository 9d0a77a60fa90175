import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { MAX_EMAIL } from '../../src/auth/accounts/email-addresses.ts'
import { MAX_PASSWORD, MAX_USERNAME, MIN_USERNAME } from '../../src/auth/accounts/schemas.ts'
import { RECOVERY_CODES } from '../../src/auth/factors/codes/recovery-codes.ts'
import { MAX_TOTP_FACTORS } from '../../src/auth/factors/statements.ts'
import { MAX_PASSKEY_NAME } from '../../src/auth/passkeys/schemas.ts'
import { MAX_PASSKEYS } from '../../src/auth/passkeys/statements.ts'
import { MAX_TOKEN_NAME, MAX_TOKEN_TTL, MAX_TOKENS } from '../../src/auth/personal-access-tokens/limits.ts'
import type { Config } from '../../src/config/config.ts'
import { MAX_VALUES } from '../../src/config/limits.ts'
import { MAX_BODY, requestsPerMinute } from '../../src/features.ts'
import { Nullable } from '../../src/http/schemas/types.ts'
import { IDEMPOTENCY_RETENTION_MS } from '../../src/idempotency/idempotency.ts'
import { MAX_OPERATIONS } from '../../src/todos/bulk/batch-operation.ts'
import {
  MAX_BATCH,
  MAX_BATCH_CHANGES,
  MAX_COMPLETIONS,
  MAX_DEPTH,
  MAX_DESCENDANTS,
  MAX_DESCRIPTION,
  MAX_IMPORT,
  MAX_IMPORT_LINES,
  MAX_LIST_NAME,
  MAX_LISTS,
  MAX_TAG,
  MAX_TAGS,
  MAX_TITLE
} from '../../src/todos/limits.ts'
import { MAX_SEARCH_LENGTH } from '../../src/todos/query/list-query.ts'
import { MAX_RULE } from '../../src/todos/recurrence/rule.ts'
import { MAX_COUNT } from '../../src/todos/recurrence/rule-parts.ts'
import { MAX_AUTH_BODY } from '../auth/schemas.ts'
import { DEFAULT_LIMIT, MAX_IDEMPOTENCY_KEY, MAX_LIMIT, problemResponses, ref } from '../schemas.ts'

const limitSchema = (description: string) => Type.Integer({ description })

const RequestsPerMinute = Type.Object(
  Object.fromEntries(Object.keys(requestsPerMinute).map(name => [name, Type.Optional(Type.Integer())])),
  {
    description:
      'requests a minute from one address: all, and those of a kind; null when requests are not counted'
  }
)

/** Limits that no setting changes. */
const fixedLimits = {
  titleLength: MAX_TITLE,
  descriptionLength: MAX_DESCRIPTION,
  tags: MAX_TAGS,
  tagLength: MAX_TAG,
  subtaskLevels: MAX_DEPTH,
  subtasks: MAX_DESCENDANTS,
  lists: MAX_LISTS,
  listNameLength: MAX_LIST_NAME,
  ruleLength: MAX_RULE,
  ruleOccurrences: MAX_COUNT,
  completions: MAX_COMPLETIONS,
  pageDefault: DEFAULT_LIMIT,
  pageMax: MAX_LIMIT,
  searchLength: MAX_SEARCH_LENGTH,
  bodyBytes: MAX_BODY,
  bodyValues: MAX_VALUES,
  authBytes: MAX_AUTH_BODY,
  batchBytes: MAX_BATCH,
  batchOperations: MAX_OPERATIONS,
  batchChanges: MAX_BATCH_CHANGES,
  importBytes: MAX_IMPORT,
  importLines: MAX_IMPORT_LINES,
  idempotencyKeyLength: MAX_IDEMPOTENCY_KEY,
  idempotencySeconds: IDEMPOTENCY_RETENTION_MS / 1000,
  usernameMinLength: MIN_USERNAME,
  usernameMaxLength: MAX_USERNAME,
  emailLength: MAX_EMAIL,
  passwordMaxLength: MAX_PASSWORD,
  authenticatorApps: MAX_TOTP_FACTORS,
  passkeys: MAX_PASSKEYS,
  passkeyNameLength: MAX_PASSKEY_NAME,
  recoveryCodes: RECOVERY_CODES,
  personalAccessTokens: MAX_TOKENS,
  personalAccessTokenNameLength: MAX_TOKEN_NAME,
  personalAccessTokenSeconds: MAX_TOKEN_TTL
}

/** All sizes, counts and periods that clients may need. */
export const LimitsDocument = Type.Object(
  {
    titleLength: limitSchema('characters of a title'),
    descriptionLength: limitSchema('characters of a description'),
    tags: limitSchema('tags of a todo'),
    tagLength: limitSchema('characters of a tag'),
    subtaskLevels: limitSchema('levels of subtasks below a todo'),
    subtasks: limitSchema('subtasks of a todo, all levels together, including the trash'),
    lists: limitSchema('lists of a user, including the trash'),
    listNameLength: limitSchema('characters of the name of a list'),
    ruleLength: limitSchema('characters of a recurrence rule'),
    ruleOccurrences: limitSchema('the largest COUNT of a recurrence rule'),
    completions: limitSchema('completions that are kept of a recurring todo; one more removes the oldest'),
    pageDefault: limitSchema('items of a page, by default'),
    pageMax: limitSchema('items of a page, at most'),
    searchLength: limitSchema('characters of a search'),
    bodyBytes: limitSchema('bytes of a body, unless another limit applies'),
    bodyValues: limitSchema('JSON values of a body or of a line of an import; names of members count, too'),
    authBytes: limitSchema('bytes of a body under /api/auth'),
    batchBytes: limitSchema('bytes of a batch'),
    batchOperations: limitSchema('operations of a batch, and todos that they name together'),
    batchChanges: limitSchema('todos that a batch changes without `where`, subtasks included'),
    importBytes: limitSchema('bytes of an import'),
    importLines: limitSchema('lines of an import, or to-dos of a calendar'),
    idempotencyKeyLength: limitSchema('characters of an Idempotency-Key'),
    idempotencySeconds: limitSchema('seconds in which a request can be repeated with its Idempotency-Key'),
    todos: limitSchema('todos of a user, including the trash'),
    todoBytes: limitSchema('bytes of all titles, descriptions and tags of a user'),
    trashSeconds: limitSchema('seconds for which a deleted todo or list can be restored'),
    usernameMinLength: limitSchema('characters of a user name, at least'),
    usernameMaxLength: limitSchema('characters of a user name, at most'),
    emailLength: limitSchema('characters of an e-mail address'),
    streamsPerUser: limitSchema('open streams of changes of a user'),
    passwordMinLength: limitSchema('characters of a new password, at least'),
    passwordMaxLength: limitSchema('characters of a new password, at most'),
    authenticatorApps: limitSchema('authenticator apps of an account'),
    passkeys: limitSchema('passkeys of an account'),
    passkeyNameLength: limitSchema('characters of the name of a passkey'),
    recoveryCodes: limitSchema('recovery codes that an account is given at a time'),
    personalAccessTokens: limitSchema(
      'personal access tokens of an account, including expired ones that are listed'
    ),
    personalAccessTokenNameLength: limitSchema('characters of the name of a personal access token'),
    personalAccessTokenSeconds: limitSchema('seconds for which a personal access token lives, at most'),
    requestsPerMinute: Nullable(RequestsPerMinute)
  },
  {
    $id: 'Limits',
    description: 'The limits of the service. Each description names the unit.',
    examples: [
      {
        ...fixedLimits,
        todos: 100_000,
        todoBytes: 134_217_728,
        trashSeconds: 2_592_000,
        streamsPerUser: 5,
        passwordMinLength: 8,
        requestsPerMinute
      }
    ]
  }
)

const schema = {
  operationId: 'getLimits',
  summary: 'Get all limits',
  description: 'All limits at once. A client can check its input before it sends.',
  tags: ['limits'],
  response: { 200: { ...ref(LimitsDocument), description: 'The limits.' }, ...problemResponses() }
}

const limits: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const answer = {
    ...fixedLimits,
    todos: config.quota.todos,
    todoBytes: config.quota.bytes,
    trashSeconds: config.retention.trashMs / 1000,
    streamsPerUser: config.streams.maxPerUser,
    passwordMinLength: config.password.minLength,
    requestsPerMinute: config.hasRateLimit ? requestsPerMinute : null
  }

  app.get('/limits', { schema }, async function limits() {
    return answer
  })
}

export default limits
