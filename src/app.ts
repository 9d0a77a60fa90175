import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import sensible from '@fastify/sensible'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyServerOptions } from 'fastify'
import accounts from '../plugins/accounts.ts'
import auditLog from '../plugins/audit-log.ts'
import factors from '../plugins/auth/factors.ts'
import personalAccessTokens from '../plugins/auth/personal-access-tokens.ts'
import sealing from '../plugins/auth/sealing.ts'
import sealingCheck from '../plugins/auth/sealing-check.ts'
import authenticate from '../plugins/authenticate.ts'
import changeStreams, { type ChangeStreamsPluginOptions } from '../plugins/change-streams.ts'
import changes from '../plugins/changes.ts'
import database from '../plugins/database.ts'
import clientAddress from '../plugins/http/client-address.ts'
import clientErrors, { createClientErrorHandlers } from '../plugins/http/client-errors.ts'
import conditionalGet from '../plugins/http/conditional-get.ts'
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
import mailer from '../plugins/mailer.ts'
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
import account from '../routes/account/index.ts'
import auth from '../routes/auth/index.ts'
import changesRoutes from '../routes/changes/index.ts'
import components from '../routes/components.ts'
import lists from '../routes/lists/index.ts'
import strictQueries from '../routes/strict-queries.ts'
import docs from '../routes/system/docs.ts'
import health from '../routes/system/health.ts'
import home from '../routes/system/home.ts'
import jwks from '../routes/system/jwks.ts'
import limits from '../routes/system/limits.ts'
import { renderProblemPage } from '../routes/system/pages/problem-occurrence.ts'
import passkeys from '../routes/system/passkeys.ts'
import problemPages from '../routes/system/problems.ts'
import tags from '../routes/tags/index.ts'
import todos from '../routes/todos/index.ts'
import { SINGLE_PROCESS, type WorkerContext } from './cluster/worker-context.ts'
import type { Config } from './config/config.ts'
import { isPostgres } from './config/database-url.ts'
import type { Clock } from './db/store.ts'
import { MAX_BODY } from './features.ts'
import { createTrustCheck } from './http/addresses.ts'
import type { MailTransport } from './mail/mail.ts'
import { getMaxConnections } from './process/descriptors.ts'

/** Milliseconds in which a request must arrive, and between two checks for late ones. */
const REQUEST_TIMEOUT = 30_000
const TIMEOUT_CHECK = 1000
/**
 * Milliseconds of silence after which the system asks a client whether it still stands, ten times, a second apart: so idle
 * connections of clients that have lost their network end soon. Where an answer is under way the system decides how long it tries.
 */
const KEEP_ALIVE_DELAY = 4000

export interface AppOptions {
  readonly config: Config
  readonly clock?: Clock
  readonly logger?: FastifyServerOptions['logger']
  /** Whether requests are traced with OpenTelemetry. The OTEL_* variables configure the tracing. */
  readonly isTraced?: boolean
  /** This process among several workers. */
  readonly worker?: WorkerContext
  /** How mails leave the service; by default as the settings say. Without settings for mail none is sent. */
  readonly mailTransport?: MailTransport
  /** Milliseconds in which a request must arrive, and in which a client must read part of its answer. */
  readonly timeouts?: { readonly request?: number; readonly stalled?: number }
  /** How often streams of changes are looked after. */
  readonly streamIntervals?: ChangeStreamsPluginOptions['intervals']
}

/** Builds the service from its plugins and routes, in order. */
export async function buildApp({
  config,
  clock = () => new Date(),
  logger = false,
  isTraced = false,
  worker = SINGLE_PROCESS,
  mailTransport,
  timeouts: { request: requestTimeout = REQUEST_TIMEOUT, stalled } = {},
  streamIntervals
}: AppOptions) {
  const isTrusted = createTrustCheck(config.trustedProxies)
  const corsHeaders = createCorsHeaders(config)
  const { onClientError, onConnect } = createClientErrorHandlers({
    newId: randomUUID,
    now: clock,
    getHeaders: origin => ({ ...SECURITY_HEADERS, ...corsHeaders(origin) }),
    log: () => app.log
  })
  const app = Fastify({
    logger,
    // Opening the database has its own time limit.
    pluginTimeout: 0,
    // Node would answer a missing Host header without a body; plugins/http/host.ts answers with a problem document.
    http: {
      requireHostHeader: false,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: TIMEOUT_CHECK,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY
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

  const { writeLock, sharedCounter, isAlone } = worker
  const cores = worker.getShare(availableParallelism())
  const poolMax = worker.getShare(config.database.poolMax)
  if (config.metrics)
    await app.register(import('../plugins/ops/metrics.ts'), { address: config.metrics, isAlone })
  if (isTraced) await app.register(import('../plugins/ops/tracing.ts'), { isTrusted })
  await app.register(shutdown)
  const maxConnections = getMaxConnections(
    worker.getShare(config.maxConnections),
    // One more than the pool has, which listens for other instances.
    isPostgres(config.database.url) ? poolMax + 1 : 0
  )
  await app.register(connections, { maxConnections, stallTimeout: stalled })
  await app.register(requestId)
  await app.register(clientAddress, { isTrusted })
  await app.register(sensible)
  await app.register(negotiation)
  await app.register(problems, { renderPage: renderProblemPage })
  await app.register(clientErrors, { onConnect })
  await app.register(validation)
  await app.register(jsonBody)
  await app.register(securityHeaders, { config })
  if (config.hasRateLimit) await app.register(rateLimit, { sharedCounter, getCorsHeaders: corsHeaders })
  await app.register(cors, { config })
  await app.register(host)
  await app.register(loadShedding)
  await app.register(notFound)
  await app.register(database, { config, poolMax, now: clock, writeLock })
  await app.register(jwtTokens, { config })
  await app.register(passwordHasher, { config, cores })
  await app.register(throttle)
  await app.register(sessions, { config })
  await app.register(sealing, { config })
  await app.register(accounts, { config })
  await app.register(factors, { config })
  await app.register(personalAccessTokens, { config })
  await app.register(auditLog)
  await app.register(mailer, { config, transport: mailTransport, random: Math.random })
  if (worker.number === 1) {
    await app.register(sealingCheck)
    await app.register(retention, { config })
  }
  await app.register(authenticate)
  await app.register(changes)
  await app.register(changeStreams, {
    openBroadcast: worker.openBroadcast,
    limits: { ...config.streams, max: Math.min(config.streams.max, Math.ceil(maxConnections / 2)) },
    random: Math.random,
    intervals: streamIntervals
  })
  await app.register(conditionalGet)
  await app.register(openapi)

  await app.register(strictQueries)
  await app.register(components)
  await app.register(auth, { prefix: '/api/auth', config })
  await app.register(limits, { prefix: '/api', config })
  await app.register(jwks, { prefix: '/.well-known' })
  await app.register(passkeys, { prefix: '/.well-known' })
  await app.register(todos, { prefix: '/api/todos', config })
  await app.register(tags, { prefix: '/api/tags' })
  await app.register(lists, { prefix: '/api/lists', config })
  await app.register(changesRoutes, { prefix: '/api/changes' })
  await app.register(health, { prefix: '/health' })
  await app.register(home, { config })
  await app.register(account, { prefix: '/account', config })
  await app.register(problemPages, { prefix: '/problems' })
  if (config.hasDocs) await app.register(docs)

  return app
}
