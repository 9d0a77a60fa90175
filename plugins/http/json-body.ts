import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { FastifyBodyParser, FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { hasTooManyValues, TOO_MANY_VALUES } from '../../src/http/json-values.ts'
import { Problem, validationFailed } from '../../src/problems/problem.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Parses JSON for a route that accepts JSON under another media type. */
    parseJson: FastifyBodyParser<Buffer>
  }
}

/** A Content-Encoding that means no encoding. */
const IDENTITY_CODING = /^\s*(identity)?\s*$/i

/**
 * Accepts JSON bodies only. Bytes that are not UTF-8 are refused, not replaced: a password must stay as it was typed. An
 * empty body counts as no body, since many clients send a Content-Type without one. The values are counted before the text
 * is parsed: a megabyte of tiny values takes a hundred megabytes, and their validation errors exhaust the memory.
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

/** The problem of a body that has not been read yet. Without a body, a Content-Type that no parser accepts is removed. */
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

/** Whether a body of unknown length has any bytes. */
const hasBytes = (payload: IncomingMessage) =>
  new Promise<boolean>(resolve => {
    payload.once('data', () => resolve(true))
    payload.once('end', () => resolve(false))
    payload.once('close', () => resolve(true))
  })

export default fp(jsonBody, { name: 'json-body', dependencies: ['@fastify/sensible'] })
