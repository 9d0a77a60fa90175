import { isProblemError, type ProblemError } from '../http/problem-error.ts'
import type { Todo } from '../types.ts'
import { applyOperation, getTodoId, type OrderedTodos } from './operations.ts'
import type { Edit } from './storage.ts'

/**
 * Whether a refusal says that what was to be done is done already. So it may be with a creation whose answer got lost, when the
 * service has forgotten its Idempotency-Key meanwhile; or another todo has the id that the caller has chosen.
 * @param followers the edits of the same todo that follow
 * @param getTodo reads a todo of the service
 */
export async function isFulfilled(
  edit: Edit,
  followers: readonly Edit[],
  { code }: ProblemError,
  getTodo: (id: string) => Promise<Todo>
): Promise<boolean> {
  const { op } = edit.operation
  if (op === 'delete' || op === 'purge') return code === 'todo_not_found'
  if (op !== 'create' || code !== 'todo_exists') return false
  // No other todo has an id that was made at random.
  if (edit.hasRandomId) return true
  const existing = await findTodo(getTodoId(edit.operation), getTodo)
  return existing !== undefined && isResult(existing, [edit, ...followers])
}

/** The todo, unless it is in the trash or gone. */
async function findTodo(id: string, getTodo: (id: string) => Promise<Todo>): Promise<Todo | undefined> {
  try {
    return await getTodo(id)
  } catch (error) {
    if (isProblemError(error) && error.code === 'todo_not_found') return undefined
    throw error
  }
}

/** Whether a todo is what becomes of a creation, or of edits that follow on it: they may have been done together. */
function isResult(todo: Todo, edits: readonly Edit[]): boolean {
  let todos: OrderedTodos = new Map()
  return edits.some(({ operation, at }) => {
    todos = applyOperation(todos, operation, at)
    const result = todos.get(todo.id)
    return result !== undefined && hasContent(todo, result)
  })
}

/** What the service says of a todo, beside its content. */
const SERVER_FIELDS = ['position', 'createdAt', 'updatedAt', 'completedAt', 'deletedAt', 'etag']

/** Whether a todo has the content of another one. It may have more: what the service counts, and defaults of its own. */
function hasContent(todo: Todo, content: Todo): boolean {
  const members = new Map(Object.entries(todo))
  return Object.entries(content)
    .filter(([name]) => !SERVER_FIELDS.includes(name))
    .every(([name, value]) => toSortedText(members.get(name)) === toSortedText(value))
}

/** A JSON value as a text, whatever the order of its members. */
const toSortedText = (value: unknown): string =>
  JSON.stringify(value, (_name, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort())
      : member
  )
