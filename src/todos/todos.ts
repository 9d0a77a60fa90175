import type { Step } from '../db/engine.ts'
import { givenIds, MOST_IDS } from '../db/read-batches.ts'
import type { Store } from '../db/store.ts'
import { Problem } from '../errors.ts'
import type { Precondition } from '../preconditions.ts'
import { draftOf } from './draft.ts'
import { type ListQuery, listTodos, type TodoPage } from './list.ts'
import { type Operations, operationsOf, type Place } from './operations.ts'
import type { Present } from './present.ts'
import { sweepsOf } from './sweep-slices.ts'
import { isListed, type Todo, type TodoContent, type TodoPatch, todoOf } from './todo.ts'
import { statements } from './todo-statements.ts'

/** What is to be written together with a change, once it is known what the change answers. */
export type Alongside<Answer> = (answer: Answer) => readonly Step[]

const nothing = () => []

/** A user's todos. Another user's are not among them: the owner is part of every condition. */
export function todosOf(store: Store, userId: string) {
  const sweeps = sweepsOf(store)

  /**
   * Does something to todos, all of it or nothing. Done again, with what there is then, when another write came in between.
   */
  async function edit<Answer>(
    work: (operations: Operations) => Promise<Answer>,
    alongside: Alongside<Answer> = nothing
  ): Promise<Answer> {
    let isRetry = false
    for (;;) {
      await sweeps.settle(userId)
      const draft = draftOf(store, userId, isRetry)
      const answer = await work(operationsOf(store, userId, draft))
      if (await draft.commit(alongside(answer))) return answer
      isRetry = true
    }
  }

  return {
    edit,

    /** Does something as `edit` does, but for its taking effect. */
    try: <Answer>(work: (operations: Operations) => Promise<Answer>): Promise<Answer> =>
      sweeps.reading(userId, async () => {
        const draft = draftOf(store, userId)
        const answer = await work(operationsOf(store, userId, draft))
        await draft.assertRoom()
        return answer
      }),

    async get(id: string): Promise<Todo> {
      const [row] = await sweeps.reading(userId, () => statements(store).find.execute({ id, userId }))
      if (!row || !isListed(row)) throw new Problem('todo_not_found')
      return todoOf(row)
    },

    /** Those of some todos that are there, in the list or in the trash, by their ids. */
    async present(ids: readonly string[]): Promise<ReadonlyMap<string, Todo>> {
      await sweeps.settle(userId)
      const found = new Map<string, Todo>()
      for (let first = 0; first < ids.length; first += MOST_IDS) {
        const values = { userId, ...givenIds(ids.slice(first, first + MOST_IDS)) }
        for (const row of await statements(store).findSeveral.execute(values)) found.set(row.id, todoOf(row))
      }
      return found
    },

    list: (query: ListQuery): Promise<TodoPage> => listTodos(store, userId, query),

    add: (content: TodoContent, alongside?: Alongside<Todo>): Promise<Todo> =>
      edit(({ create }) => create(content), alongside),

    patch: (id: string, changes: TodoPatch, precondition?: Precondition): Promise<Todo> =>
      edit(({ patch }) => patch(id, changes, precondition)),

    replace: (
      id: string,
      content: TodoContent,
      precondition?: Precondition,
      present?: Present
    ): Promise<Todo> => edit(({ replace }) => replace(id, content, precondition, present)),

    move: (id: string, place: Place, precondition?: Precondition): Promise<Todo> =>
      edit(({ move }) => move(id, place, precondition)),

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
