import type { BoundStatement } from '../db/bound-statement.ts'
import { MAX_IDS, toIdParams } from '../db/read-batches.ts'
import type { Store } from '../db/store.ts'
import type { Page } from '../http/cursor.ts'
import { type IdempotentResult, type ReplayHandler, withIdempotency } from '../idempotency/idempotency.ts'
import { Problem } from '../problems/problem.ts'
import { createBulkUpdates } from './bulk/bulk-updates.ts'
import type { NewTodo } from './content/content.ts'
import { createDraft } from './draft/draft.ts'
import { settleLists } from './lists/transitions/settle.ts'
import { createOperations, type Operations } from './operations.ts'
import { listTodos, type TodoPage } from './query/list.ts'
import type { ListQuery } from './query/list-query.ts'
import { type Completion, type CompletionsPage, listCompletions } from './recurrence/completions.ts'
import { withCompletion } from './recurrence/with-completion.ts'
import { todoStatements } from './statements.ts'
import { type Todo, toTodo } from './todo.ts'

/** Statements to write in the same transaction as a change, made from the answer to the change. */
export type ExtraStatements<Answer> = (answer: Answer) => readonly BoundStatement[]

const noStatements = () => []

/** What is stored of an answer that is a todo. */
interface StoredAnswer {
  readonly id: string
  readonly completionId?: string
}

/**
 * The todos of a user. Every statement names the owner, so no other user's todo is read or changed.
 * @param sessionId of the request that changes them
 */
export function createTodos(store: Store, userId: string, sessionId: string | null = null) {
  const editor = { userId, sessionId }
  const bulkUpdates = createBulkUpdates(store)

  /**
   * Changes todos, all or none, in one transaction. When another write comes in between, the work runs again on the new
   * state.
   * @returns what the work returns
   * @throws {Problem} of the work, or `quota_exceeded`
   */
  async function edit<Answer>(
    work: (operations: Operations) => Promise<Answer>,
    extraStatements: ExtraStatements<Answer> = noStatements
  ): Promise<Answer> {
    let isRetry = false
    for (;;) {
      await bulkUpdates.finishPending(userId)
      const draft = createDraft(store, userId, isRetry)
      const answer = await work(createOperations(store, editor, draft))
      if (await draft.commit(extraStatements(answer))) return answer
      isRetry = true
    }
  }

  /** The todos with some ids, in the list or in the trash, by their ids. */
  async function findByIds(ids: readonly string[]): Promise<ReadonlyMap<string, Todo>> {
    await settleLists(store, userId)
    await bulkUpdates.finishPending(userId)
    const todosById = new Map<string, Todo>()
    for (let start = 0; start < ids.length; start += MAX_IDS) {
      const params = { userId, ...toIdParams(ids.slice(start, start + MAX_IDS)) }
      for (const row of await todoStatements(store).findMany.execute(params))
        todosById.set(row.id, toTodo(row))
    }
    return todosById
  }

  /** Stores the id of a todo, and of what was completed. A replay shows the todo as it is now. */
  const createReplayHandler = (firstEffect: 'made' | 'changed'): ReplayHandler<Todo, StoredAnswer> => ({
    identify: ({ id, completed }) => ({ id, ...(completed && { completionId: completed.id }) }),
    async replay({ id, completionId }) {
      const todo = (await findByIds([id])).get(id)
      if (!todo) throw purged(firstEffect)
      return withCompletion(store, userId, todo, completionId)
    }
  })

  return {
    edit,
    findByIds,

    /** Runs like `edit`, but writes nothing. */
    dryRun: <Answer>(work: (operations: Operations) => Promise<Answer>): Promise<Answer> =>
      bulkUpdates.readConsistently(userId, async () => {
        const draft = createDraft(store, userId)
        const answer = await work(createOperations(store, editor, draft))
        await draft.assertWithinQuota()
        return answer
      }),

    /** @throws {Problem} `todo_not_found` for a todo that is missing or in the trash */
    async get(id: string): Promise<Todo> {
      const [row] = await bulkUpdates.readConsistently(userId, () =>
        todoStatements(store).findListed.execute({ id, userId })
      )
      if (!row) throw new Problem('todo_not_found')
      return toTodo(row)
    },

    list: (query: ListQuery): Promise<TodoPage> => listTodos(store, userId, query),

    /**
     * Changes a todo.
     * @param request all that distinguishes the request from others, as a JSON value
     * @param key the Idempotency-Key: the same request with the same key takes effect once
     * @throws {Problem} of the work, `quota_exceeded`, `idempotency_key_in_use`, `idempotency_key_reused`, and `todo_not_found` for the
     * replay on a todo that was purged since
     */
    editOnce: (
      { request, key }: { readonly request: unknown; readonly key: string | undefined },
      work: (operations: Operations) => Promise<Todo>
    ): Promise<IdempotentResult<Todo>> =>
      withIdempotency(store, { userId, key, request }, createReplayHandler('changed'), storeAnswer =>
        edit(work, storeAnswer)
      ),

    /** A page of the completions of a todo. @throws {Problem} `todo_not_found` for a todo that is missing or in the trash */
    async listCompletions(id: string, page: CompletionsPage): Promise<Page<Completion>> {
      return bulkUpdates.readConsistently(userId, async () => {
        const [row] = await todoStatements(store).findListed.execute({ id, userId })
        if (!row) throw new Problem('todo_not_found')
        return listCompletions(store, { userId, todoId: id }, page)
      })
    },

    /**
     * Creates a todo at the bottom of the list.
     * @param key the Idempotency-Key: the same request with the same key creates one todo
     * @throws {Problem} `todo_exists`, `quota_exceeded`, `idempotency_key_in_use`, `idempotency_key_reused`, and `todo_not_found` for the
     * replay of a todo that was purged since
     */
    create: (newTodo: NewTodo, key?: string): Promise<IdempotentResult<Todo>> =>
      withIdempotency(
        store,
        { userId, key, request: ['create', newTodo] },
        createReplayHandler('made'),
        storeAnswer => edit(todos => todos.create(newTodo), storeAnswer)
      )
  }
}

const purged = (firstEffect: string) =>
  new Problem('todo_not_found', {
    detail: `The first request with this key ${firstEffect} the todo, and it was deleted for good since. Nothing was done.`,
    headers: { 'idempotent-replayed': 'true' }
  })
