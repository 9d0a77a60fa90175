import type { BoundStatement } from '../db/engine.ts'
import { MAX_IDS, toIdParams } from '../db/read-batches.ts'
import type { Store } from '../db/store.ts'
import type { Precondition } from '../http/preconditions.ts'
import { Problem } from '../problems/problem.ts'
import { createBulkUpdates } from './bulk/bulk-update-slices.ts'
import type { ServerFields } from './content/server-fields.ts'
import { createDraft } from './draft.ts'
import { createOperations, type MoveTarget, type Operations } from './operations.ts'
import { type ListQuery, listTodos, type TodoPage } from './query/list.ts'
import { todoStatements } from './statements.ts'
import { isListed, type Todo, type TodoContent, type TodoPatch, toTodo } from './todo.ts'

/** What is to be written together with a change, once it is known what the change answers. */
export type ExtraStatements<Answer> = (answer: Answer) => readonly BoundStatement[]

const noStatements = () => []

/** A user's todos. Another user's are not among them: the owner is part of every condition. */
export function createTodos(store: Store, userId: string) {
  const bulkUpdates = createBulkUpdates(store)

  /**
   * Does something to todos, all of it or nothing. Done again, with what there is then, when another write came in between.
   */
  async function edit<Answer>(
    work: (operations: Operations) => Promise<Answer>,
    extraStatements: ExtraStatements<Answer> = noStatements
  ): Promise<Answer> {
    let isRetry = false
    for (;;) {
      await bulkUpdates.settle(userId)
      const draft = createDraft(store, userId, isRetry)
      const answer = await work(createOperations(store, userId, draft))
      if (await draft.commit(extraStatements(answer))) return answer
      isRetry = true
    }
  }

  return {
    edit,

    /** Does something as `edit` does, but for its taking effect. */
    dryRun: <Answer>(work: (operations: Operations) => Promise<Answer>): Promise<Answer> =>
      bulkUpdates.readConsistently(userId, async () => {
        const draft = createDraft(store, userId)
        const answer = await work(createOperations(store, userId, draft))
        await draft.assertWithinQuota()
        return answer
      }),

    async get(id: string): Promise<Todo> {
      const [row] = await bulkUpdates.readConsistently(userId, () =>
        todoStatements(store).find.execute({ id, userId })
      )
      if (!row || !isListed(row)) throw new Problem('todo_not_found')
      return toTodo(row)
    },

    /** Those of some todos that are there, in the list or in the trash, by their ids. */
    async findByIds(ids: readonly string[]): Promise<ReadonlyMap<string, Todo>> {
      await bulkUpdates.settle(userId)
      const todosById = new Map<string, Todo>()
      for (let start = 0; start < ids.length; start += MAX_IDS) {
        const params = { userId, ...toIdParams(ids.slice(start, start + MAX_IDS)) }
        for (const row of await todoStatements(store).findMany.execute(params))
          todosById.set(row.id, toTodo(row))
      }
      return todosById
    },

    list: (query: ListQuery): Promise<TodoPage> => listTodos(store, userId, query),

    add: (content: TodoContent, extraStatements?: ExtraStatements<Todo>): Promise<Todo> =>
      edit(({ create }) => create(content), extraStatements),

    patch: (id: string, changes: TodoPatch, precondition?: Precondition): Promise<Todo> =>
      edit(({ patch }) => patch(id, changes, precondition)),

    replace: (
      id: string,
      content: TodoContent,
      precondition?: Precondition,
      serverFields?: ServerFields
    ): Promise<Todo> => edit(({ replace }) => replace(id, content, precondition, serverFields)),

    move: (id: string, target: MoveTarget, precondition?: Precondition): Promise<Todo> =>
      edit(({ move }) => move(id, target, precondition)),

    /** Puts a todo into the trash. */
    remove: (id: string, precondition?: Precondition): Promise<Todo> =>
      edit(({ remove }) => remove(id, precondition)),

    restore: (id: string, precondition?: Precondition): Promise<Todo> =>
      edit(({ restore }) => restore(id, precondition)),

    /** Removes a todo for good. */
    purge: (id: string, precondition?: Precondition): Promise<Todo> =>
      edit(({ purge }) => purge(id, precondition))
  }
}
