import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyServerOptions } from 'fastify'
import accounts from '../plugins/accounts.ts'
import auditLog from '../plugins/audit-log.ts'
import authenticate from '../plugins/authenticate.ts'
import database from '../plugins/database.ts'
import clientAddress from '../plugins/http/client-address.ts'
import clientErrors, { createClientErrorHandlers } from '../plugins/http/client-errors.ts'
import etag from '../plugins/http/conditional-get.ts'
import cors, { createCorsHeaders } from '../plugins/http/cors.ts'
import host from '../plugins/http/host.ts'
import jsonBody from '../plugins/http/json-body.ts'
import negotiation from '../plugins/http/negotiation.ts'
import notFound, { handleFrameworkError } from '../plugins/http/not-found.ts'
import problems from '../plugins/http/problems.ts'
import securityHeaders, { SECURITY_HEADERS } from '../plugins/http/security-headers.ts'
import { cachingSchemaController } from '../plugins/http/serialization.ts'
import validation from '../plugins/http/validation.ts'
import jwtTokens from '../plugins/jwt.ts'
import openapi from '../plugins/openapi.ts'
import connections from '../plugins/ops/connections.ts'
import loadShedding from '../plugins/ops/load-shedding.ts'
import rateLimit from '../plugins/ops/rate-limit.ts'
import requestId, { createChildLoggerFactory, createRequestIdGenerator } from '../plugins/ops/request-id.ts'
import { RequestLogController } from '../plugins/ops/request-log.ts'
import retention from '../plugins/ops/retention.ts'
import shutdown from '../plugins/ops/shutdown.ts'
import passwordHasher from '../plugins/password-hasher.ts'
import sessions from '../plugins/sessions.ts'
import throttle from '../plugins/throttle.ts'
import users from '../plugins/users.ts'
import auth from '../routes/auth/index.ts'
import components from '../routes/components.ts'
import docs from '../routes/system/docs.ts'
import health from '../routes/system/health.ts'
import home from '../routes/system/home.ts'
import jwks from '../routes/system/jwks.ts'
import limits from '../routes/system/limits.ts'
import { renderProblemPage } from '../routes/system/pages/problem-occurrence.ts'
import problemPages from '../routes/system/problems.ts'
import todos from '../routes/todos/index.ts'
import { SINGLE_PROCESS, type WorkerContext } from './cluster/worker-context.ts'
import { type Config, isPostgres } from './config/config.ts'
import type { Clock } from './db/store.ts'
import { MAX_BODY } from './features.ts'
import { createTrustCheck } from './http/addresses.ts'
import { getMaxConnections } from './process/descriptors.ts'

/** Milliseconds that a request may take to arrive, and between two looks for those that take longer. */
const REQUEST_TIMEOUT = 30_000
const TIMEOUT_CHECK = 1000

export interface AppOptions {
  readonly config: Config
  readonly clock?: Clock
  readonly logger?: FastifyServerOptions['logger']
  /** Whether requests are traced, as the variables OTEL_* say. */
  readonly isTraced?: boolean
  /** This process among those that serve. */
  readonly worker?: WorkerContext
  /** Milliseconds for a request to arrive, and for a client to take something of its answer. */
  readonly timeouts?: { readonly request?: number; readonly stalled?: number }
}

/** Puts the service together: everything that it consists of, in order. */
export async function buildApp({
  config,
  clock = () => new Date(),
  logger = false,
  isTraced = false,
  worker: place = SINGLE_PROCESS,
  timeouts: { request: requestTimeout = REQUEST_TIMEOUT, stalled } = {}
}: AppOptions) {
  const isTrusted = createTrustCheck(config.TRUST_PROXY)
  const corsHeaders = createCorsHeaders(config)
  const { onClientError, onConnect } = createClientErrorHandlers({
    newId: randomUUID,
    now: clock,
    getHeaders: origin => ({ ...SECURITY_HEADERS, ...corsHeaders(origin) }),
    log: () => app.log
  })
  const app = Fastify({
    logger,
    // Waiting for a database has a limit of its own.
    pluginTimeout: 0,
    // Node's own answer says nothing.
    http: {
      requireHostHeader: false,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: TIMEOUT_CHECK
    },
    bodyLimit: MAX_BODY,
    schemaController: cachingSchemaController,
    requestTimeout,
    logController: new RequestLogController(),
    return503OnClosing: false,
    genReqId: createRequestIdGenerator(randomUUID, isTrusted),
    childLoggerFactory: createChildLoggerFactory(isTrusted),
    frameworkErrors: handleFrameworkError,
    clientErrorHandler: onClientError
  }).withTypeProvider<TypeBoxTypeProvider>()

  const { writeLock, sharedCounter, isAlone } = place
  const cores = place.getShare(availableParallelism())
  const poolMax = place.getShare(config.DATABASE_POOL_MAX)
  if (config.METRICS_PORT !== undefined)
    await app.register(import('../plugins/ops/metrics.ts'), { config, isAlone })
  if (isTraced) await app.register(import('../plugins/ops/tracing.ts'), { isTrusted })
  await app.register(shutdown)
  const maxConnections = getMaxConnections(
    place.getShare(config.MAX_CONNECTIONS),
    isPostgres(config.DATABASE_URL) ? poolMax : 0
  )
  await app.register(connections, { maxConnections, stallTimeout: stalled })
  await app.register(requestId)
  await app.register(clientAddress, { isTrusted })
  await app.register(negotiation)
  await app.register(problems, { renderPage: renderProblemPage })
  await app.register(clientErrors, { onConnect })
  await app.register(validation)
  await app.register(jsonBody)
  await app.register(securityHeaders, { config })
  if (config.RATE_LIMIT === 'on')
    await app.register(rateLimit, { sharedCounter, getCorsHeaders: corsHeaders })
  await app.register(cors, { config })
  await app.register(host)
  await app.register(loadShedding)
  await app.register(notFound)
  await app.register(database, { config, poolMax, now: clock, writeLock })
  await app.register(jwtTokens, { config })
  await app.register(passwordHasher, { config, cores })
  await app.register(throttle)
  await app.register(users)
  await app.register(sessions, { config })
  await app.register(accounts, { config })
  await app.register(auditLog)
  if (place.number === 1) await app.register(retention, { config })
  await app.register(authenticate)
  await app.register(etag)
  await app.register(openapi)

  await app.register(components)
  await app.register(auth, { prefix: '/api/auth', config })
  await app.register(limits, { prefix: '/api', config })
  await app.register(jwks, { prefix: '/.well-known' })
  await app.register(todos, { prefix: '/api/todos', config })
  await app.register(health, { prefix: '/health' })
  await app.register(home, { config })
  await app.register(problemPages, { prefix: '/problems' })
  if (config.DOCS === 'on') await app.register(docs)

  return app
}
