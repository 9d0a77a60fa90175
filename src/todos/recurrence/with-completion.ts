import type { Store } from '../../db/store.ts'
import type { Todo } from '../todo.ts'
import { findCompletion, toCompletedOccurrence } from './completions.ts'

/** A todo as the answer to its completion shows it, unless the completion was taken back since. @param id of the completion, if there is one */
export async function withCompletion(
  store: Store,
  userId: string,
  todo: Todo,
  id: string | undefined
): Promise<Todo> {
  const completion = id && (await findCompletion(store, { userId, todoId: todo.id, id }))
  return completion ? { ...todo, completed: toCompletedOccurrence(completion) } : todo
}
