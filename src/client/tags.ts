import type { Call } from './http/calls.ts'
import { iterateItems } from './http/pagination.ts'
import { createTagPageReader, readTagChange } from './http/responses.ts'
import type { CallOptions } from './todos.ts'
import type { ListTagsQuery, Tag } from './types.ts'

const PATH = '/api/tags'
const toPath = (tag: string) => `${PATH}/${encodeURIComponent(tag)}`

/** Creates the methods on the tags of the signed-in user's todos. */
export function createTags(call: Call) {
  const list = (query?: ListTagsQuery, options?: CallOptions) =>
    call({ method: 'GET', path: PATH, query, read: createTagPageReader(query?.cursor), ...options })

  return {
    /** Reads a page of the tags with their counts. */
    list,

    /** Iterates over all tags, page by page. */
    all: (
      query?: Omit<ListTagsQuery, 'cursor'>,
      options?: CallOptions
    ): AsyncGenerator<Tag, void, undefined> =>
      iterateItems(cursor => list({ ...query, ...(cursor !== undefined && { cursor }) }, options)),

    /**
     * Puts another tag in the place of a tag on all todos, also where it is there already. After a lost answer the retry may
     * fail with `tag_not_found`.
     */
    rename: (tag: string, newTag: string, options?: CallOptions) =>
      call({ method: 'PATCH', path: toPath(tag), body: { tag: newTag }, read: readTagChange, ...options }),

    /** Takes a tag off all todos. After a lost answer the retry may fail with `tag_not_found`. */
    remove: (tag: string, options?: CallOptions) =>
      call({ method: 'DELETE', path: toPath(tag), read: readTagChange, ...options })
  }
}
