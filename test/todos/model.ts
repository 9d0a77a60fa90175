import { STANDALONE } from './signed-in.ts'

/*
 * The rules of one person's todos, apart from how the service keeps them: a list in memory, on which requests are carried
 * out one after the other. Three things are the service's own to choose and are handed in: ids, positions and ETags.
 */

export type Due = { date: string } | { dateTime: string; timeZone: string } | null
const PRIORITIES = ['none', 'low', 'medium', 'high']

/** A todo on the wire. */
export interface Todo {
  id: string
  title: string
  description: string | null
  done: boolean
  due: Due
  priority: string
  tags: string[]
  listId: null
  parentId: null
  childCount: number
  openChildCount: number
  repeat: null
  position: string
  createdAt: string
  updatedAt: string
  completedAt: string | null
  deletedAt: string | null
  etag: string
}

export interface Content {
  title: string
  description?: string | null
  done?: boolean
  due?: Due
  priority?: string
  tags?: string[]
}

export interface Patch {
  title?: string
  description?: string | null
  done?: boolean
  due?: { date?: string; dateTime?: string; timeZone?: string } | null
  priority?: string | null
  tags?: string[] | null
}

export type MoveTarget = { after: string } | { before: string } | { to: 'top' | 'bottom' }

export interface Filter {
  done?: boolean
  tag?: string[]
  priority?: string
  due?: 'none'
  dueBefore?: string
  dueAfter?: string
  overdue?: true
  timeZone?: string
  updatedAfter?: string
  completedAfter?: string
  completedBefore?: string
  q?: string
  deleted?: boolean
}

export type Write =
  | { kind: 'create'; body: Content }
  | { kind: 'patch'; id: string; body: Patch }
  | { kind: 'put'; id: string; body: Content }
  | { kind: 'move'; id: string; body: MoveTarget }
  | { kind: 'remove' | 'restore' | 'purge'; id: string }

/** The outcome of a write: a refusal, or the todo after it, whose position may have to be looked up. */
export type Outcome =
  | { code: string; current?: Todo }
  | { todo: Todo; isChanged: boolean; isPurged?: boolean; between?: [string | undefined, string | undefined] }

const defaults = { description: null, done: false, due: null, priority: 'none', tags: [], ...STANDALONE }

export class Model {
  readonly todos = new Map<string, Todo>()
  /** All ids in the order of the list; those in the trash keep their places. */
  order: string[] = []

  copy(): Model {
    const copy = new Model()
    for (const [id, todo] of this.todos) copy.todos.set(id, todo)
    copy.order = [...this.order]
    return copy
  }

  /** The todos in the list or in the trash, in the order of the list. */
  todosIn(isTrash: boolean): Todo[] {
    return this.order.map(id => this.get(id)).filter(todo => (todo.deletedAt !== null) === isTrash)
  }

  get(id: string): Todo {
    const todo = this.todos.get(id)
    if (!todo) throw new Error(`There is no todo ${id}.`)
    return todo
  }

  /** The outcome that a write must have. Changes nothing. */
  expectedOutcome(write: Write, now: string, isMatch: (etag: string) => boolean): Outcome {
    if (write.kind === 'create') return { todo: createTodo(write.body, now), isChanged: true }
    const todo = this.todos.get(write.id)
    const isAccessible =
      todo && (todo.deletedAt === null || write.kind === 'restore' || write.kind === 'purge')
    if (!isAccessible) return { code: 'todo_not_found' }
    if (!isMatch(todo.etag)) return { code: 'precondition_failed', current: todo }
    switch (write.kind) {
      case 'put':
        return replaceContent(todo, { ...defaults, ...write.body }, now)
      case 'patch': {
        const due = applyDuePatch(todo.due, write.body.due)
        if (due === 'invalid') return { code: 'validation_failed' }
        const { description = todo.description, done = todo.done, title = todo.title } = write.body
        const { priority = todo.priority, tags = todo.tags } = write.body
        return replaceContent(
          todo,
          { title, description, done, due, priority: priority ?? 'none', tags: tags ?? [] },
          now
        )
      }
      case 'move':
        return this.#moved(todo, write.body)
      case 'remove':
        return { todo: { ...todo, deletedAt: now, updatedAt: now }, isChanged: true }
      case 'restore':
        if (todo.deletedAt === null) return { todo, isChanged: false }
        return { todo: { ...todo, deletedAt: null, updatedAt: now }, isChanged: true }
      case 'purge':
        return { todo, isChanged: false, isPurged: true }
    }
  }

  #moved(todo: Todo, target: MoveTarget): Outcome {
    const list = this.todosIn(false).map(({ id }) => id)
    const anchor = 'after' in target ? target.after : 'before' in target ? target.before : undefined
    if (anchor === todo.id) return { todo, isChanged: false }
    if (anchor !== undefined && !list.includes(anchor)) return { code: 'validation_failed' }
    const others = list.filter(id => id !== todo.id)
    const index =
      'to' in target
        ? target.to === 'top'
          ? 0
          : others.length
        : others.indexOf(anchor as string) + ('after' in target ? 1 : 0)
    if (list.indexOf(todo.id) === index) return { todo, isChanged: false }
    return { todo, isChanged: true, between: [others[index - 1], others[index]] }
  }

  /** Applies the outcome of a write. Its position shows which todos of the trash it passed. */
  apply(outcome: Outcome) {
    if ('code' in outcome) return
    const { todo, isPurged: isGone, between } = outcome
    if (isGone) {
      this.todos.delete(todo.id)
      this.order = this.order.filter(id => id !== todo.id)
      return
    }
    if (!this.todos.has(todo.id)) this.order.push(todo.id)
    this.todos.set(todo.id, todo)
    if (!between) return
    this.order = this.order.filter(id => id !== todo.id)
    const [above, below] = between.map(id => (id === undefined ? -1 : this.order.indexOf(id)))
    const end = below === undefined || below < 0 ? this.order.length : below
    const gap = this.order.slice((above ?? -1) + 1, end)
    const skipped = gap.filter(id => this.get(id).position < todo.position).length
    this.order.splice((above ?? -1) + 1 + skipped, 0, todo.id)
  }

  /** The whole list for a filter and an order, at a time. */
  list(filter: Filter, sort: string, now: Date): Todo[] {
    const matching = this.todosIn(filter.deleted ?? false).filter(todo => matchesFilter(todo, filter, now))
    const field = sort.replace('-', '')
    if (field !== 'position')
      matching.sort((a, b) => compare(toSortKey(a, field), toSortKey(b, field)) || compare(a.id, b.id))
    return sort.startsWith('-') ? matching.reverse() : matching
  }
}

const compare = (a: string | number, b: string | number) => (a < b ? -1 : a > b ? 1 : 0)

function toSortKey(todo: Todo, field: string): string | number {
  if (field === 'due') return toDueKey(todo.due)
  if (field === 'priority') return PRIORITIES.indexOf(todo.priority)
  // Numbers in titles sort by their values.
  if (field === 'title') return todo.title.toUpperCase().replace(/\d+/g, digits => digits.padStart(9, '0'))
  return field === 'createdAt' ? todo.createdAt : todo.updatedAt
}

/** A day is due when it is over; no due date sorts last. */
const toDueKey = (due: Due) =>
  due === null ? '9999-99' : 'date' in due ? `${due.date}T24:00:00` : due.dateTime

/** What calendar and clock show in a zone. Swedish writes it as ISO 8601 does. */
const toLocalTime = (now: Date, timeZone: string) =>
  now.toLocaleString('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).replace(' ', 'T')

export function matchesFilter(todo: Todo, filter: Filter, now: Date): boolean {
  const { done, tag = [], priority, due, dueBefore, dueAfter, timeZone, q } = filter
  const { updatedAfter, completedAfter, completedBefore } = filter
  const words = `${todo.title} ${todo.description ?? ''}`.toUpperCase().split(/\s+/)
  return (
    (done === undefined || todo.done === done) &&
    (priority === undefined || todo.priority === priority) &&
    tag.every(tagName => todo.tags.includes(tagName)) &&
    (due === undefined || todo.due === null) &&
    (timeZone === undefined || (!todo.done && toDueKey(todo.due) < toLocalTime(now, timeZone))) &&
    (completedAfter === undefined || (todo.completedAt !== null && todo.completedAt > completedAfter)) &&
    (completedBefore === undefined || (todo.completedAt !== null && todo.completedAt < completedBefore)) &&
    (dueBefore === undefined || toDueKey(todo.due) < `${dueBefore}T00:00:00`.slice(0, 19)) &&
    (dueAfter === undefined ||
      (todo.due !== null && toDueKey(todo.due) > `${dueAfter}T24:00:00`.slice(0, 19))) &&
    (updatedAfter === undefined || todo.updatedAt > updatedAfter) &&
    (q === undefined || q.split(' ').every(word => words.some(other => other.startsWith(word.toUpperCase()))))
  )
}

function createTodo(body: Content, now: string): Todo {
  const content = toContent({ ...defaults, ...body })
  const timestamps = {
    createdAt: now,
    updatedAt: now,
    completedAt: content.done ? now : null,
    deletedAt: null
  }
  return { id: '', position: '', etag: '', ...content, ...STANDALONE, ...timestamps }
}

type FullContent = Required<Content>
const toContent = ({ title, description, done, due, priority, tags }: FullContent): FullContent => ({
  title: title.trim(),
  description,
  done,
  due,
  priority,
  tags: tags.toSorted()
})

/** An equal content changes nothing. */
function replaceContent(todo: Todo, newContent: FullContent, now: string): Outcome {
  const content = toContent(newContent)
  const currentContent = toContent(todo)
  if (JSON.stringify(content) === JSON.stringify(currentContent)) return { todo, isChanged: false }
  const completedAt = content.done ? (todo.completedAt ?? now) : null
  return { todo: { ...todo, ...content, completedAt, updatedAt: now }, isChanged: true }
}

function applyDuePatch(current: Due, patch: Patch['due']): Due | 'invalid' {
  if (patch === undefined) return current
  if (patch === null) return null
  const { date, dateTime, timeZone } = { ...current, ...patch } as NonNullable<Patch['due']>
  if (patch.date !== undefined) return { date: patch.date }
  if (patch.dateTime === undefined && patch.timeZone === undefined) return current ?? 'invalid'
  if (dateTime !== undefined && timeZone !== undefined) return { dateTime, timeZone }
  return date === undefined || dateTime !== undefined || timeZone !== undefined ? 'invalid' : { date }
}
