import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { packageInfo } from '../src/config/package-info.ts'

const description = `Signs people in, keeps them signed in and keeps their todos.

Register or sign in to get a pair of tokens. Press **Authorize** and paste the access token. When it has expired,
exchange the pair for a new one at \`/api/auth/refresh\`.

Every error is a problem document (RFC 9457). Branch on its \`code\` and follow its \`action\`. A client whose \`Accept\`
prefers HTML to JSON gets the same as a page.`

/** Builds the OpenAPI document from the schemas of the routes. Must be registered before the routes. */
async function openapi(app: FastifyInstance) {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Latchkey',
        version: packageInfo.version,
        description,
        license: { name: 'MIT', identifier: 'MIT' }
      },
      servers: [{ url: '/', description: 'this service' }],
      tags: [
        { name: 'auth', description: 'Accounts and sessions' },
        { name: 'passkeys', description: 'Passkeys: signing in without a password' },
        { name: 'todos', description: 'The todos of the signed-in user' },
        { name: 'tags', description: 'The tags of the todos' },
        { name: 'lists', description: 'The lists that todos are in' },
        { name: 'changes', description: 'What has changed, for copies that miss nothing' },
        { name: 'limits', description: 'The limits of the service' },
        { name: 'health', description: 'For supervisors and load balancers' },
        { name: 'problems', description: 'What errors mean' },
        { name: 'about', description: 'The service itself' }
      ],
      security: [],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'The access token of a sign-in.'
          },
          personalAccessToken: {
            type: 'http',
            scheme: 'bearer',
            description:
              'A token for a program, made at POST /api/auth/tokens. It begins with `lkp_`, and opens what its scopes name: ' +
              '`todos:read` or `todos:write`.'
          }
        }
      }
    },
    transformObject: document =>
      markOptionalBodies(
        stripValidatorKeywords((document as unknown as { openapiObject: OpenApiDocument }).openapiObject)
      ),
    refResolver: { buildLocalReference: schema => String(schema.$id) }
  })
}

/** Removes keywords and formats of our validator. `discriminator` goes too: OpenAPI allows it for named schemas only. */
const stripValidatorKeywords = (document: OpenApiDocument): OpenApiDocument =>
  JSON.parse(JSON.stringify(document, (key, value) => (isValidatorKeyword(key, value) ? undefined : value)))

const VALIDATOR_FORMATS = new Set<unknown>(['text', 'line', 'recurrence-rule'])

const isValidatorKeyword = (key: string, value: unknown) =>
  key === 'discriminator' ||
  key === 'lowerCase' ||
  key === 'canonicalTag' ||
  key === 'canonicalTags' ||
  (key === 'format' && VALIDATOR_FORMATS.has(value))

/** Marks a body as optional when its schema accepts null. The plugin marks every body as required. */
function markOptionalBodies(document: OpenApiDocument): OpenApiDocument {
  const operations = Object.values(document.paths).flatMap(path => Object.values(path))
  for (const { requestBody } of operations)
    if (requestBody) requestBody.required = !Object.values(requestBody.content).some(acceptsNull)
  return document
}

const acceptsNull = ({ schema }: { schema: { type?: string | string[] } }) => schema.type?.includes('null')

/** The parts of an OpenAPI document that this plugin changes. */
interface OpenApiDocument {
  paths: Record<string, Record<string, { requestBody?: RequestBody }>>
}
interface RequestBody {
  required: boolean
  content: Record<string, { schema: { type: string | string[] } }>
}

export default fp(openapi, { name: 'openapi' })
