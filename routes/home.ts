import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import { about } from '../src/about.ts'
import type { Config } from '../src/config.ts'
import { homePage } from './pages/home.ts'
import { inBothForms, page, wantsPage } from './pages/layout.ts'
import { type Obstacle, obstacle } from './readiness.ts'
import { problems } from './schemas.ts'

const Status = Type.Unsafe<'ok' | Obstacle>({
  type: 'string',
  enum: ['ok', 'shutting_down', 'database_unavailable'],
  description: 'ok, or the code of the problem that requests meet with'
})

const link = (description: string) => Type.String({ format: 'uri-reference', description })

/** What the service says of itself. */
export type Service = Static<typeof ServiceDocument>

const ServiceDocument = Type.Object(
  {
    name: Type.String(),
    version: Type.String(),
    description: Type.String(),
    status: Status,
    links: Type.Object(
      {
        docs: Type.Optional(link('a page to read the API and to try it')),
        openapi: Type.Optional(link('the OpenAPI document')),
        problems: link('what errors mean'),
        limits: link('how much is taken'),
        source: Type.Optional(Type.Unsafe<string | undefined>(link('the source')))
      },
      { description: 'where to go on' }
    )
  },
  {
    examples: [
      {
        name: 'latchkey',
        version: '0.1.0',
        description: about.description,
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
  response: { 200: inBothForms('The service.', ServiceDocument), ...problems() }
}

/** What one sees who opens the address of the service. */
const home: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  const { name, version, description, source } = about
  const docs = config.DOCS === 'on' ? { docs: '/docs', openapi: '/openapi.json' } : {}
  const links = { ...docs, problems: '/problems', limits: '/api/limits', source }

  app.get('/', { schema }, async function home(request, reply) {
    reply.header('cache-control', 'no-store')
    const status = (await obstacle(request)) ?? 'ok'
    const service: Service = { name, version, description, status, links }
    return wantsPage(reply) ? page(reply, 'Latchkey', homePage(service)) : service
  })
}

export default home
