import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import type { Config } from '../../src/config/config.ts'
import { packageInfo } from '../../src/config/package-info.ts'
import { problemResponses } from '../schemas.ts'
import { homePage, type ServiceInfo } from './pages/home.ts'
import { htmlOrJsonResponse, prefersHtml, renderPage } from './pages/layout.ts'
import { findUnavailability, type UnavailabilityCode } from './readiness.ts'

const ServiceStatus = Type.Unsafe<'ok' | UnavailabilityCode>({
  type: 'string',
  enum: ['ok', 'shutting_down', 'database_unavailable'],
  description: 'ok, or the code of the problem that requests meet with'
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
        docs: Type.Optional(linkSchema('a page to read the API and to try it')),
        openapi: Type.Optional(linkSchema('the OpenAPI document')),
        problems: linkSchema('what errors mean'),
        limits: linkSchema('how much is taken'),
        source: Type.Optional(Type.Unsafe<string | undefined>(linkSchema('the source')))
      },
      { description: 'where to go on' }
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
  summary: 'What is this, and is it up',
  description:
    'A page for browsers, JSON for programs. It is there, with what is wrong as its `status`, while requests fail.',
  tags: ['about'],
  response: { 200: htmlOrJsonResponse('The service.', ServiceDocument), ...problemResponses() }
}

/** What one sees who opens the address of the service. */
const home: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const { name, version, description, source } = packageInfo
  const docs = config.DOCS === 'on' ? { docs: '/docs', openapi: '/openapi.json' } : {}
  const links = { ...docs, problems: '/problems', limits: '/api/limits', source }

  app.get('/', { schema }, async function home(request, reply) {
    reply.header('cache-control', 'no-store')
    const status = (await findUnavailability(request)) ?? 'ok'
    const serviceInfo: ServiceInfo = { name, version, description, status, links }
    return prefersHtml(reply) ? renderPage(reply, 'Latchkey', homePage(serviceInfo)) : serviceInfo
  })
}

export default home
