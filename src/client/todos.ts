import type { Call } from './http/calls.ts'
import { iterateItems } from './http/pagination.ts'
import {
  createCompletionPageReader,
  createTodoPageReader,
  type ResponseReader,
  readBatch,
  readCalendar,
  readImport,
  readNdjson,
  readTodo
} from './http/responses.ts'
import type { Platform } from './platform.ts'
import type {
  BatchTodosBody,
  Completion,
  CreateTodoBody,
  ExportTodosQuery,
  ImportTodosQuery,
  ListCompletionsQuery,
  ListTodosQuery,
  MoveTodoBody,
  PatchTodoBody,
  ReplaceTodoBody,
  Todo
} from './types.ts'

/** Options of every call. */
export interface CallOptions {
  /** Aborts the call. */
  readonly signal?: AbortSignal
}

/** Options of calls that change a todo. */
export interface ChangeOptions extends CallOptions {
  /** The `etag` of the expected state. Another state is refused with `precondition_failed`. */
  readonly ifMatch?: string
}

/** Options of calls that take an `Idempotency-Key`. */
export interface RepeatableOptions extends CallOptions {
  /** Your own key makes the call repeatable after a reload. By default each call gets a new key. */
  readonly idempotencyKey?: string
}

/** Options of calls that change a todo, and take an `Idempotency-Key`. */
export interface RepeatableChangeOptions extends ChangeOptions, RepeatableOptions {}

const PATH = '/api/todos'

/** Creates the methods on the todos of the signed-in user. */
export function createTodos(platform: Platform, call: Call) {
  const postIdempotently = <Answer>(
    path: string,
    body: unknown,
    { idempotencyKey, signal }: RepeatableOptions,
    read: ResponseReader<Answer>,
    contentType = 'application/json',
    query?: object
  ) =>
    call({
      method: 'POST',
      path,
      query,
      body,
      contentType,
      signal,
      key: idempotencyKey ?? platform.newKey(),
      read
    })

  /** Changes a todo once, however often the request is sent: a second completion would be that of the next occurrence. */
  const changeOnce = (
    method: 'PATCH' | 'PUT' | 'POST',
    path: string,
    body: unknown,
    { idempotencyKey, ...options }: RepeatableChangeOptions
  ) =>
    call({
      method,
      path: `${PATH}/${path}`,
      body,
      key: idempotencyKey ?? platform.newKey(),
      read: readTodo,
      ...options
    })

  const listCompletions = (id: string, query?: ListCompletionsQuery, options?: CallOptions) =>
    call({
      method: 'GET',
      path: `${PATH}/${id}/completions`,
      query,
      read: createCompletionPageReader(query?.cursor),
      ...options
    })

  const list = (query?: ListTodosQuery, options?: CallOptions) =>
    call({ method: 'GET', path: PATH, query, read: createTodoPageReader(query?.cursor), ...options })

  return {
    /** Reads a page of todos. */
    list,

    /** Iterates over all todos that a query finds, page by page. */
    all: (
      query?: Omit<ListTodosQuery, 'cursor'>,
      options?: CallOptions
    ): AsyncGenerator<Todo, void, undefined> =>
      iterateItems(cursor => list({ ...query, ...(cursor !== undefined && { cursor }) }, options)),

    /** Reads a todo. */
    get: (id: string, options?: CallOptions) =>
      call({ method: 'GET', path: `${PATH}/${id}`, read: readTodo, ...options }),

    /** Creates one todo, however often the request is sent. */
    create: (body: CreateTodoBody, options: RepeatableOptions = {}) =>
      postIdempotently(PATH, body, options, readTodo),

    /** Changes the given fields. `{ done: true }` completes the present occurrence of a recurring todo. */
    patch: (id: string, body: PatchTodoBody, options: RepeatableChangeOptions = {}) =>
      changeOnce('PATCH', id, body, options),

    /** Replaces the whole content. The `etag` of a todo in `body` counts as `ifMatch`. */
    replace: (id: string, body: ReplaceTodoBody | Todo, options: RepeatableChangeOptions = {}) =>
      changeOnce('PUT', id, body, options),

    /** Goes on to the next occurrence of a recurring todo without completing the present one. */
    skip: (id: string, options: RepeatableChangeOptions = {}) =>
      changeOnce('POST', `${id}/skip`, undefined, options),

    /** Reads a page of the completions of a recurring todo, the latest first. */
    listCompletions,

    /** Iterates over all completions of a recurring todo, page by page. */
    completions: (
      id: string,
      query?: Omit<ListCompletionsQuery, 'cursor'>,
      options?: CallOptions
    ): AsyncGenerator<Completion, void, undefined> =>
      iterateItems(cursor =>
        listCompletions(id, { ...query, ...(cursor !== undefined && { cursor }) }, options)
      ),

    /** Takes the latest completion back. After a lost answer the retry may fail with `completion_not_found`. */
    takeBackCompletion: (id: string, completionId: string, options?: ChangeOptions) =>
      call({
        method: 'DELETE',
        path: `${PATH}/${id}/completions/${completionId}`,
        read: readTodo,
        ...options
      }),

    /** Moves a todo in the manual order. */
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
     * Moves a todo to the trash, or deletes it permanently. After a lost answer the retry may fail with `todo_not_found`.
     */
    delete: (id: string, { permanent, ...options }: ChangeOptions & { permanent?: boolean } = {}) =>
      call({ method: 'DELETE', path: `${PATH}/${id}`, query: { permanent }, read: readTodo, ...options }),

    /** Restores a todo from the trash. */
    restore: (id: string, options?: ChangeOptions) =>
      call({ method: 'POST', path: `${PATH}/${id}/restore`, isIdempotent: true, read: readTodo, ...options }),

    /** Exports all todos as NDJSON, including the trash, or those of a list. */
    export: ({ list, ...options }: CallOptions & ExportTodosQuery = {}) =>
      call({ method: 'GET', path: `${PATH}/export`, query: { list }, read: readNdjson, ...options }),

    /** Exports all todos, or those of a list, as a calendar (iCalendar). */
    exportCalendar: ({ list, ...options }: CallOptions & ExportTodosQuery = {}) =>
      call({
        method: 'GET',
        path: `${PATH}/export`,
        query: { list },
        headers: { accept: 'text/calendar' },
        read: readCalendar,
        ...options
      }),

    /** Imports NDJSON. Each line creates one todo, however often the request is sent. */
    import: (lines: string, options: RepeatableOptions = {}) =>
      postIdempotently(`${PATH}/import`, lines, options, readImport, 'application/x-ndjson'),

    /**
     * Imports a calendar (iCalendar). The answer's `notes` say what was not taken over. A todo that is there already stays as it
     * is.
     */
    importCalendar: (
      calendar: string,
      { timeZone, list, ...options }: RepeatableOptions & ImportTodosQuery = {}
    ) =>
      postIdempotently(`${PATH}/import`, calendar, options, readImport, 'text/calendar', {
        timeZone,
        list
      }),

    /** Carries out several operations, all or none. */
    batch: (
      operations: BatchTodosBody['operations'],
      { validateOnly, ...options }: RepeatableOptions & { validateOnly?: boolean } = {}
    ) => postIdempotently(`${PATH}/batch`, { operations, validateOnly }, options, readBatch)
  }
}
