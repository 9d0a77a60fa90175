import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Page } from '../src/http/cursor.ts'
import { matchesWeakly, toEntityTag } from '../src/http/preconditions.ts'
import { createTextCache, type Text } from '../src/sync/text-cache.ts'

/**
 * Makes the answers to requests for pages of a user's data. A page has an ETag: it is good for as long as nothing of the user
 * changes.
 * @param documents the schemas of a page, whose form may change with a new version: then what clients have is of no use
 */
export function createPageSender(app: FastifyInstance, documents: readonly unknown[]) {
  const cachedText = createTextCache(app.store)
  const format = toEntityTag(JSON.stringify(documents))

  /** @param isTimeless whether only changes of the user's data change the page */
  return async function sendPage<Answer extends Page<unknown>>(
    request: FastifyRequest,
    reply: FastifyReply,
    readPage: (userId: string) => Promise<Answer>,
    isTimeless = true
  ): Promise<Answer> {
    async function readText(userId: string) {
      const page = await readPage(userId)
      const link = page.nextCursor && toNextLink(request.url, page.nextCursor)
      return { text: String(reply.serialize(page)), link }
    }
    // To serialize a page takes longer than to find it, and most pages are read again before they change.
    const readCachedText = (userId: string) =>
      cachedText(userId, request.url, async changeNumber => {
        const etag = toEntityTag(JSON.stringify([userId, request.url, changeNumber, format]))
        // The client has the page, which is not even read.
        return hasState(request, etag) ? { text: '', etag } : { ...(await readText(userId)), etag }
      })
    // What the page shows names its state.
    async function readPresentText(userId: string) {
      const page = await readText(userId)
      return { ...page, etag: toEntityTag(page.text) }
    }
    const { text, etag, link } = await request.pending.read<Text>(
      isTimeless ? readCachedText : readPresentText
    )
    if (link) reply.header('link', link)
    return sendSerialized<Answer>(text, etag, reply)
  }
}

/** Of a request that names the state. `*` matches any, but what cannot be read has none. */
const hasState = ({ headers: { 'if-none-match': tags = '*' } }: Conditional, etag: string): boolean =>
  tags.trim() !== '*' && matchesWeakly(etag, tags)

type Conditional = { readonly headers: IncomingHttpHeaders }

/** Sends an answer that is serialized already. */
export function sendSerialized<Answer>(text: string, etag: string, reply: FastifyReply): Answer {
  reply.header('etag', etag).type('application/json; charset=utf-8')
  return text as Answer
}

/** The Link header of the next page (RFC 8288). */
function toNextLink(url: string, cursor: string): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  searchParams.set('cursor', cursor)
  return `<${pathname}?${searchParams}>; rel="next"`
}
