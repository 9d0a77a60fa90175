import type { CreateTodoBody, MoveTodoBody, PatchTodoBody, Todo } from '../types.ts'

/** What is done to a todo: an operation of a batch. */
export type Operation =
  | { readonly op: 'create'; readonly todo: CreateTodoBody & { readonly id: string } }
  | { readonly op: 'patch'; readonly id: string; readonly changes: PatchTodoBody }
  | { readonly op: 'delete'; readonly id: string }
  | { readonly op: 'restore'; readonly id: string }
  | { readonly op: 'purge'; readonly id: string }
  | ({ readonly op: 'move'; readonly id: string } & MoveTodoBody)

export const getTodoId = (operation: Operation): string =>
  operation.op === 'create' ? operation.todo.id : operation.id

const defaults = {
  description: null,
  done: false,
  due: null,
  priority: 'none',
  listId: null,
  parentId: null,
  repeat: null
} as const

type Due = NonNullable<Todo['due']>

/** Applies a merge patch of a due date as the service does: a day replaces a time, and the reverse. */
function patchDue(due: Todo['due'], changes: NonNullable<PatchTodoBody['due']>): Due {
  const { date, ...time } = { ...due, ...changes }
  const isDay = changes.date || !(changes.dateTime || changes.timeZone || time.dateTime)
  return (isDay ? { date } : time) as Due
}

/** The todo with what a merge patch changes (RFC 7396); null restores a default. */
function patchTodo(todo: Todo, changes: PatchTodoBody, at: string): Todo {
  // The service completes subtasks and goes on to the next occurrence, and tells of both.
  const { title, due, tags, children: _, timeZone: _zone, ...others } = changes
  const patched = { ...todo, updatedAt: at }
  if (title !== undefined) patched.title = toTitle(title)
  if (due !== undefined) patched.due = due && patchDue(todo.due, due)
  if (tags !== undefined) patched.tags = toTags(tags)
  for (const [name, value] of Object.entries(others))
    Object.assign(patched, { [name]: value ?? defaults[name as keyof typeof defaults] })
  patched.completedAt = patched.done ? (todo.completedAt ?? at) : null
  return patched
}

/** A title without space around it. What is no text, as in JavaScript without types, is refused later. */
const toTitle = (title: string): string => `${title ?? ''}`.trim()

/** Tags are a set, in one form of Unicode. */
const toTags = (tags: readonly string[] | null | undefined): string[] =>
  (Array.isArray(tags) ? tags : []).map(tag => `${tag}`.normalize()).sort()

const createTodo = ({ title, tags, ...content }: CreateTodoBody & { id: string }, at: string): Todo => ({
  ...defaults,
  ...content,
  title: toTitle(title),
  tags: toTags(tags),
  childCount: 0,
  openChildCount: 0,
  position: '',
  createdAt: at,
  updatedAt: at,
  completedAt: content.done ? at : null,
  deletedAt: null,
  etag: ''
})

/** Todos by their ids, in the order of the list, those in the trash included. */
export type OrderedTodos = Map<string, Todo>

/** The todos with one of them at another place. */
function moveTodo(todos: OrderedTodos, moved: Todo, target: MoveTodoBody): OrderedTodos {
  const others = [...todos.values()].filter(todo => todo !== moved)
  const indexOf = (id: string) => others.findIndex(todo => todo.id === id)
  const index = target.to
    ? target.to === 'top'
      ? 0
      : others.length
    : target.after
      ? indexOf(target.after) + 1 || -1
      : indexOf(`${target.before}`)
  if (index === -1) return todos
  others.splice(index, 0, moved)
  return new Map(others.map(todo => [todo.id, todo]))
}

/**
 * Applies an operation as the service would. What the service would refuse may change nothing, or what it names.
 * @param at the local time of the operation
 * @returns the todos afterwards; they may be the very same map
 */
export function applyOperation(todos: OrderedTodos, operation: Operation, at: string): OrderedTodos {
  const id = getTodoId(operation)
  const todo = todos.get(id)
  if (operation.op === 'create') return todos.set(id, createTodo(operation.todo, at))
  if (!todo) return todos
  if (operation.op === 'patch') return todos.set(id, patchTodo(todo, operation.changes, at))
  if (operation.op === 'move') return moveTodo(todos, todo, operation)
  if (operation.op === 'purge') todos.delete(id)
  else todos.set(id, { ...todo, updatedAt: at, deletedAt: operation.op === 'delete' ? at : null })
  return todos
}
