import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { Problem } from '../../src/problems/problem.ts'

/** A name or an address, and a port (RFC 9110, section 7.2). */
const HOST_HEADER = /^([\w.~!$&'()*+,;=%-]*|\[[\da-f:.]+\])(:\d*)?$/i

const detail = 'Send one Host header, with the name or the address of the service.'

/**
 * Refuses a request without exactly one valid Host header (RFC 9112, section 3.2). A proxy may have read another host from
 * such a request. Node itself takes the first of several headers.
 */
async function host(app: FastifyInstance) {
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    done(hasOneValidHost(raw) ? undefined : new Problem('malformed_request', { detail }))
  })
}

function hasOneValidHost({ headers: { host }, rawHeaders, httpVersion }: IncomingMessage): boolean {
  if (host === undefined) return httpVersion === '1.0'
  let hostHeaders = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string
    if (name.length === 4 && name.toLowerCase() === 'host') hostHeaders += 1
  }
  return hostHeaders === 1 && HOST_HEADER.test(host)
}

export default fp(host, { name: 'host', dependencies: ['problems'] })
