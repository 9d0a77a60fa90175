import type { Call } from './http/calls.ts'
import { iterateItems } from './http/pagination.ts'
import { createListPageReader, readList } from './http/responses.ts'
import type { Platform } from './platform.ts'
import type { CallOptions, ChangeOptions, RepeatableOptions } from './todos.ts'
import type { CreateListBody, List, ListListsQuery, MoveListBody, PatchListBody } from './types.ts'

const PATH = '/api/lists'

/** Creates the methods on the lists of the signed-in user. */
export function createLists(platform: Platform, call: Call) {
  const list = (query?: ListListsQuery, options?: CallOptions) =>
    call({ method: 'GET', path: PATH, query, read: createListPageReader(query?.cursor), ...options })

  return {
    /** Reads a page of lists. */
    list,

    /** Iterates over all lists, page by page. */
    all: (
      query?: Omit<ListListsQuery, 'cursor'>,
      options?: CallOptions
    ): AsyncGenerator<List, void, undefined> =>
      iterateItems(cursor => list({ ...query, ...(cursor !== undefined && { cursor }) }, options)),

    /** Reads a list. */
    get: (id: string, options?: CallOptions) =>
      call({ method: 'GET', path: `${PATH}/${id}`, read: readList, ...options }),

    /** Creates one list, however often the request is sent. */
    create: (body: CreateListBody, { idempotencyKey, signal }: RepeatableOptions = {}) =>
      call({
        method: 'POST',
        path: PATH,
        body,
        signal,
        key: idempotencyKey ?? platform.newKey(),
        read: readList
      }),

    /** Changes the given fields. */
    patch: (id: string, body: PatchListBody, options?: ChangeOptions) =>
      call({ method: 'PATCH', path: `${PATH}/${id}`, body, read: readList, ...options }),

    /** Moves a list among the others. */
    move: (id: string, body: MoveListBody, options?: ChangeOptions) =>
      call({
        method: 'POST',
        path: `${PATH}/${id}/move`,
        body,
        isIdempotent: true,
        read: readList,
        ...options
      }),

    /**
     * Moves a list and its todos to the trash, or deletes them permanently. After a lost answer the retry may fail with
     * `list_not_found`.
     */
    delete: (id: string, { permanent, ...options }: ChangeOptions & { permanent?: boolean } = {}) =>
      call({ method: 'DELETE', path: `${PATH}/${id}`, query: { permanent }, read: readList, ...options }),

    /** Restores a list from the trash, with the todos that were deleted with it. */
    restore: (id: string, options?: ChangeOptions) =>
      call({ method: 'POST', path: `${PATH}/${id}/restore`, isIdempotent: true, read: readList, ...options })
  }
}
