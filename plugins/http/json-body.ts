import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { FastifyBodyParser, FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { hasTooManyValues, TOO_MANY_VALUES } from '../../src/http/json-values.ts'
import { Problem, validationFailed } from '../../src/problems/problem.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Parses JSON, for a route that takes it under a media type of its own. */
    parseJson: FastifyBodyParser<Buffer>
  }
}

/** What is no coding at all. */
const IDENTITY_CODING = /^\s*(identity)?\s*$/i

/**
 * Takes JSON and nothing else. Bytes that are not UTF-8 are refused rather than replaced, for a password must be the one
 * that was typed; no bytes are no body, for many clients name a type even when they send nothing. Values are counted before
 * there are any: of a megabyte of tiny ones, parsing makes a hundred, and telling all that is wrong with them kills a process.
 */
async function jsonBody(app: FastifyInstance) {
  const parse = app.getDefaultJsonParser('error', 'error')

  const parseJson: FastifyBodyParser<Buffer> = (request, bytes, done) => {
    if (bytes.length === 0) return done(null, undefined)
    if (!isUtf8(bytes)) return done(new Problem('malformed_request'))
    const text = bytes.toString()
    if (hasTooManyValues(text)) return done(validationFailed({ pointer: '', detail: TOO_MANY_VALUES }))
    parse(request, text, done)
  }

  app.addHook('preParsing', (request, _reply, _payload, done) => done(findContentProblem(request)))
  app.decorate('parseJson', parseJson)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, parseJson)
  app.addContentTypeParser('*', async (_request: FastifyRequest, payload: IncomingMessage) => {
    if (await hasBytes(payload)) throw app.httpErrors.unsupportedMediaType()
  })
}

/** What is wrong with a body before it is read. Of none, a type that the route does not take is taken away. */
function findContentProblem(request: FastifyRequest): Problem | undefined {
  const { headers, mediaType, server } = request
  if (headers['content-type'] === undefined && headers['content-encoding'] === undefined) return
  if (hasNoBody(headers)) {
    if (!mediaType || !server.hasContentTypeParser(mediaType)) request.headers = { 'content-type': undefined }
  } else if (!IDENTITY_CODING.test(headers['content-encoding'] ?? ''))
    return new Problem('unsupported_media_type', {
      detail: 'Send the body as it is, without a Content-Encoding.',
      headers: { 'accept-encoding': 'identity' }
    })
}

const hasNoBody = ({ 'transfer-encoding': coding, 'content-length': length }: IncomingHttpHeaders) =>
  coding === undefined && Number(length ?? 0) === 0

/** Whether a body of unknown length has any. */
const hasBytes = (payload: IncomingMessage) =>
  new Promise<boolean>(resolve => {
    payload.once('data', () => resolve(true))
    payload.once('end', () => resolve(false))
    payload.once('close', () => resolve(true))
  })

export default fp(jsonBody, { name: 'json-body', dependencies: ['@fastify/sensible'] })
