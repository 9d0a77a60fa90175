import { isUtf8 } from 'node:buffer'
import type { FastifyBodyParser, FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../src/errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Parses JSON, for a route that takes it under a media type of its own. */
    parseJson: FastifyBodyParser<Buffer>
  }
}

/**
 * Takes JSON and nothing else. Bytes that are not UTF-8 are refused rather than replaced, for a password must be the one
 * that was typed; no bytes are no body, for many clients name a type even when they send nothing.
 */
async function jsonBody(app: FastifyInstance) {
  const parse = app.getDefaultJsonParser('error', 'error')

  const parseJson: FastifyBodyParser<Buffer> = (request, bytes, done) => {
    if (bytes.length === 0) return done(null, undefined)
    if (!isUtf8(bytes)) return done(new Problem('malformed_request'))
    parse(request, bytes.toString(), done)
  }

  app.decorate('parseJson', parseJson)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, parseJson)
}

export default fp(jsonBody, { name: 'json-body' })
