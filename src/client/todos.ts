import type { Call } from './http/calls.ts'
import { iterateItems } from './http/pagination.ts'
import {
  createTodoPageReader,
  type ResponseReader,
  readBatch,
  readImport,
  readNdjson,
  readTodo
} from './http/responses.ts'
import type { Platform } from './platform.ts'
import type {
  BatchTodosBody,
  CreateTodoBody,
  ListTodosQuery,
  MoveTodoBody,
  PatchTodoBody,
  ReplaceTodoBody,
  Todo
} from './types.ts'

export interface CallOptions {
  /** Gives the call up. */
  readonly signal?: AbortSignal
}

export interface ChangeOptions extends CallOptions {
  /** The `etag` of the state that is to be changed; `precondition_failed` when it is another one. */
  readonly ifMatch?: string
}

export interface RepeatableOptions extends CallOptions {
  /** One of your own makes the call repeatable over a reload, too; by default each call has a new one. */
  readonly idempotencyKey?: string
}

const PATH = '/api/todos'

/** The todos of who is signed in. */
export function createTodos(platform: Platform, call: Call) {
  const postIdempotently = <Answer>(
    path: string,
    body: unknown,
    { idempotencyKey, signal }: RepeatableOptions,
    read: ResponseReader<Answer>,
    contentType = 'application/json'
  ) =>
    call({
      method: 'POST',
      path,
      body,
      contentType,
      signal,
      key: idempotencyKey ?? platform.newKey(),
      read
    })

  const list = (query?: ListTodosQuery, options?: CallOptions) =>
    call({ method: 'GET', path: PATH, query, read: createTodoPageReader(query?.cursor), ...options })

  return {
    /** A page of todos. */
    list,

    /** All todos that a query finds, page by page. */
    all: (
      query?: Omit<ListTodosQuery, 'cursor'>,
      options?: CallOptions
    ): AsyncGenerator<Todo, void, undefined> =>
      iterateItems(cursor => list({ ...query, ...(cursor !== undefined && { cursor }) }, options)),

    get: (id: string, options?: CallOptions) =>
      call({ method: 'GET', path: `${PATH}/${id}`, read: readTodo, ...options }),

    /** Makes one todo, however often the request has to be sent. */
    create: (body: CreateTodoBody, options: RepeatableOptions = {}) =>
      postIdempotently(PATH, body, options, readTodo),

    /** Changes what is named. */
    patch: (id: string, body: PatchTodoBody, options?: ChangeOptions) =>
      call({ method: 'PATCH', path: `${PATH}/${id}`, body, read: readTodo, ...options }),

    /** Writes the whole content. Of a todo that was read its `etag` counts as `ifMatch`. */
    replace: (id: string, body: ReplaceTodoBody | Todo, options?: ChangeOptions) =>
      call({ method: 'PUT', path: `${PATH}/${id}`, body, read: readTodo, ...options }),

    move: (id: string, body: MoveTodoBody, options?: ChangeOptions) =>
      call({
        method: 'POST',
        path: `${PATH}/${id}/move`,
        body,
        isIdempotent: true,
        read: readTodo,
        ...options
      }),

    /**
     * Into the trash, or for good. Where the first answer got lost, the one to the repetition may be `todo_not_found`.
     */
    delete: (id: string, { permanent, ...options }: ChangeOptions & { permanent?: boolean } = {}) =>
      call({ method: 'DELETE', path: `${PATH}/${id}`, query: { permanent }, read: readTodo, ...options }),

    restore: (id: string, options?: ChangeOptions) =>
      call({ method: 'POST', path: `${PATH}/${id}/restore`, isIdempotent: true, read: readTodo, ...options }),

    /** All todos as text, one a line in JSON, with those in the trash. */
    export: (options?: CallOptions) =>
      call({ method: 'GET', path: `${PATH}/export`, read: readNdjson, ...options }),

    /** Takes back what was exported. Each line is there once, however often the request has to be sent. */
    import: (lines: string, options: RepeatableOptions = {}) =>
      postIdempotently(`${PATH}/import`, lines, options, readImport, 'application/x-ndjson'),

    /** Several operations, all or none. */
    batch: (
      operations: BatchTodosBody['operations'],
      { validateOnly, ...options }: RepeatableOptions & { validateOnly?: boolean } = {}
    ) => postIdempotently(`${PATH}/batch`, { operations, validateOnly }, options, readBatch)
  }
}
