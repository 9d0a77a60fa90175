import type { IncomingHttpHeaders } from 'node:http'
import { type TSchema, Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import type { Config } from '../src/config/config.ts'
import { createPrecondition, type Precondition } from '../src/http/preconditions.ts'
import type { IdempotentResult } from '../src/idempotency/idempotency.ts'
import { bearerProblems, problemResponses, ref } from './schemas.ts'

/** The header of an answer that shows one resource, or a page. */
export const etagHeader = Type.String({ description: 'names the state that the answer shows' })

/** Headers that make a change depend on the state of what is changed (RFC 9110, section 13). */
export const preconditionHeaders = Type.Object({
  'if-match': Type.Optional(
    Type.String({ description: 'the `etag` of the state that is to be changed; 412 when it is another one' })
  ),
  'if-none-match': Type.Optional(Type.String({ description: 'an `etag`; 412 when it is that state' }))
})

export const conditionalGetHeaders = Type.Object({
  'if-none-match': Type.Optional(
    Type.String({ description: 'the ETag of what is known; 304 when it still is so' })
  )
})

export const notModified = { 304: { description: 'It is as If-None-Match has it.', type: 'null' } }

/** The responses of a list whose pages have an ETag and a link to the next one. */
export const pageResponses = <Page extends TSchema>(page: Page, description: string) => ({
  200: {
    ...ref(page),
    description,
    headers: {
      etag: etagHeader,
      link: Type.String({ description: 'where the next page is, as `rel="next"`; absent at the end' })
    }
  },
  ...notModified,
  ...problemResponses('validation_failed', ...bearerProblems)
})

/**
 * Makes the precondition of a request from its headers and from an `etag` in its body.
 * @throws {Problem} from the precondition: `precondition_failed` or `precondition_required`
 */
export const createPreconditionFactory =
  ({ requiresIfMatch }: Config) =>
  ({ headers }: { headers: IncomingHttpHeaders }, etag?: string): Precondition => {
    const isRequired = requiresIfMatch && etag === undefined
    const checkHeaders = createPrecondition(headers['if-match'], headers['if-none-match'], isRequired)
    const checkBody = createPrecondition(etag, undefined, false)
    return resource => {
      checkHeaders(resource)
      checkBody(resource)
    }
  }

/** Sets the ETag of an answer that is one resource. */
export function setEtag<Resource extends { readonly etag: string }>(
  resource: Resource,
  reply: FastifyReply
): Resource {
  reply.header('etag', resource.etag)
  return resource
}

/** Sets the ETag of an answer to a request that takes effect once, and says whether it did so before. */
export function setResultHeaders<Resource extends { readonly etag: string }>(
  { answer, isReplay }: IdempotentResult<Resource>,
  reply: FastifyReply
): Resource {
  if (isReplay) reply.header('idempotent-replayed', 'true')
  return setEtag(answer, reply)
}
