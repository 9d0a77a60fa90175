import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Config } from '../../src/config/config.ts'
import { packageInfo } from '../../src/config/package-info.ts'
import { StringEnum } from '../../src/http/schemas/types.ts'
import { htmlOrJsonResponse, prefersHtml, renderPage } from '../pages/layout.ts'
import { openProblemResponses } from '../schemas.ts'
import { homePage, type ServiceInfo } from './pages/home.ts'
import { findUnavailability, UNAVAILABILITY_CODES } from './readiness.ts'

const ServiceStatus = StringEnum(['ok', ...UNAVAILABILITY_CODES], {
  description: 'ok, or the code of the problem that requests get'
})

const linkSchema = (description: string) => Type.String({ format: 'uri-reference', description })

const ServiceDocument = Type.Object(
  {
    name: Type.String(),
    version: Type.String(),
    description: Type.String(),
    status: ServiceStatus,
    links: Type.Object(
      {
        docs: Type.Optional(linkSchema('a page to read and try the API')),
        openapi: Type.Optional(linkSchema('the OpenAPI document')),
        problems: linkSchema('what errors mean'),
        limits: linkSchema('the limits'),
        // package.json may name no repository, and `undefined` is left out of the answer.
        source: Type.Optional(Type.Unsafe<string | undefined>(linkSchema('the source code')))
      },
      { description: 'related addresses' }
    )
  },
  {
    examples: [
      {
        name: 'latchkey',
        version: '0.1.0',
        description: packageInfo.description,
        status: 'ok',
        links: { docs: '/docs', openapi: '/openapi.json', problems: '/problems', limits: '/api/limits' }
      }
    ]
  }
)

const schema = {
  operationId: 'getService',
  summary: 'What is this service, and is it up?',
  description:
    'A page for browsers, JSON for programs. The answer is 200 even when other requests fail; `status` then says why.',
  tags: ['about'],
  response: { 200: htmlOrJsonResponse('The service.', ServiceDocument), ...openProblemResponses() }
}

/** Serves the home page at `/`. */
const home: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const { name, version, description, source } = packageInfo
  const docs = config.hasDocs ? { docs: '/docs', openapi: '/openapi.json' } : {}
  const links = { ...docs, problems: '/problems', limits: '/api/limits', source }

  app.get('/', { schema }, async function home(request, reply) {
    reply.cacheControl('no-store')
    const status = (await findUnavailability(request)) ?? 'ok'
    const serviceInfo: ServiceInfo = { name, version, description, status, links }
    return prefersHtml(reply) ? renderPage(reply, 'Latchkey', homePage(serviceInfo)) : serviceInfo
  })
}

export default home
