import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { packageInfo } from '../src/config/package-info.ts'

const description = `Signs people in, keeps them signed in and keeps their todos.

Register or sign in to get a pair of tokens, press **Authorize** and paste the access token. When it has expired,
exchange the pair for the next one at \`/api/auth/refresh\`.

Every error is a problem document (RFC 9457): branch on its \`code\`, do what its \`action\` says. A client whose
\`Accept\` prefers HTML to JSON gets a page that says the same.`

/** Describes the routes from the schemas that validate them. Comes before the routes, to see them all. */
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
        { name: 'todos', description: 'The todos of who is signed in' },
        { name: 'limits', description: 'How much is taken' },
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

/** Leaves out what the validator alone knows: its own format and keyword, and discriminators, which OpenAPI has for named schemas only. */
const stripValidatorKeywords = (document: OpenApiDocument): OpenApiDocument =>
  JSON.parse(JSON.stringify(document, (key, value) => (isValidatorKeyword(key, value) ? undefined : value)))

const isValidatorKeyword = (key: string, value: unknown) =>
  key === 'discriminator' ||
  key === 'lowerCase' ||
  key === 'canonicalTags' ||
  (key === 'format' && (value === 'text' || value === 'line'))

/** The plugin calls every body required; one whose schema takes null may be left out. */
function markOptionalBodies(document: OpenApiDocument): OpenApiDocument {
  const operations = Object.values(document.paths).flatMap(path => Object.values(path))
  for (const { requestBody } of operations)
    if (requestBody) requestBody.required = !Object.values(requestBody.content).some(acceptsNull)
  return document
}

const acceptsNull = ({ schema }: { schema: { type: string | string[] } }) => schema.type.includes('null')

/** What is changed here of an OpenAPI document. */
interface OpenApiDocument {
  paths: Record<string, Record<string, { requestBody?: RequestBody }>>
}
interface RequestBody {
  required: boolean
  content: Record<string, { schema: { type: string | string[] } }>
}

export default fp(openapi, { name: 'openapi' })
