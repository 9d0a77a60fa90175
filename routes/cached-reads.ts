import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'
import { matchesWeakly, toEntityTag } from '../src/http/preconditions.ts'
import type { Text } from '../src/sync/text-cache.ts'

/** The part of a request that says what the client has, and what it asks for. */
interface ConditionalRequest {
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** Gives what is cached of a user under a key, else what `read` gives. */
type CachedText = (
  userId: string,
  key: string,
  read: (changeNumber: number) => Promise<Text>
) => Promise<Text>

/**
 * Reads a page, or gives the one that is cached. To serialize a page takes longer than to find it, and most pages are read again
 * before they change.
 * @param format of the page, which may change with a new version: then what clients have is of no use
 * @param readPage reads and serializes it
 */
export const createCachedPageReader =
  (cachedText: CachedText, format: string) =>
  (request: ConditionalRequest, readPage: (userId: string) => Promise<Omit<Text, 'etag'>>) =>
  (userId: string): Promise<Text> =>
    cachedText(userId, request.url, async changeNumber => {
      const etag = toEntityTag(JSON.stringify([userId, request.url, changeNumber, format]))
      // The client has the page, which is not even read.
      return hasState(request, etag) ? { text: '', etag } : { ...(await readPage(userId)), etag }
    })

/** Of a request that names the state. `*` matches any, but what cannot be read has none. */
const hasState = ({ headers: { 'if-none-match': tags = '*' } }: ConditionalRequest, etag: string): boolean =>
  tags.trim() !== '*' && matchesWeakly(etag, tags)

/** Sends an answer that is serialized already. */
export function sendSerialized<Answer>({ text, etag, link }: Text, reply: FastifyReply): Answer {
  if (link) reply.header('link', link)
  reply.header('etag', etag).type('application/json; charset=utf-8')
  return text as Answer
}

/** The Link header of the next page (RFC 8288). */
export function toNextLink(url: string, cursor: string | null): string | null {
  if (cursor === null) return null
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  searchParams.set('cursor', cursor)
  return `<${pathname}?${searchParams}>; rel="next"`
}
