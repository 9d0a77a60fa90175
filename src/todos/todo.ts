import { applyDuePatch, type Due, type DuePatch, toDueKey } from './content/due.ts'
import { normalizeTag } from './content/tags.ts'
import { toPosition } from './position.ts'
import { fold } from './query/folding.ts'
import { toIndexTerms } from './query/terms.ts'
import type { TodoRow } from './tables.ts'

/** From the least to the greatest, in which order they are kept as numbers. */
export const priorities = ['none', 'low', 'medium', 'high'] as const
export type Priority = (typeof priorities)[number]

/** What the user decides about a todo. */
export interface TodoContent {
  readonly title: string
  readonly description: string | null
  readonly done: boolean
  readonly due: Due | null
  readonly priority: Priority
  /** A set; in the order of their characters. */
  readonly tags: readonly string[]
}

/** A merge patch of the content (RFC 7396): null for what has a default. */
export type TodoPatch = {
  readonly [Field in Exclude<keyof typeof defaults, 'due'>]?: TodoContent[Field] | null
} & {
  readonly title?: string
  readonly due?: DuePatch | null
}

export interface Todo extends TodoContent {
  readonly id: string
  readonly position: string
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly completedAt: Date | null
  readonly deletedAt: Date | null
  /** Names this state of the todo (RFC 9110, section 8.8.3): another one after each change. */
  readonly etag: string
}

/** What a todo is where its maker says nothing. */
export const defaults: Omit<TodoContent, 'title'> = {
  description: null,
  done: false,
  due: null,
  priority: 'none',
  tags: []
}

/** Characters of a title that todos are ordered by. */
const MAX_TITLE_KEY_LENGTH = 200

/** What a new todo has besides its content. */
interface NewTodo extends Pick<TodoRow, 'id' | 'userId'> {
  /** Where it is; unless told, below those that were made before. */
  readonly position?: string
  readonly now: Date
}

/** A new todo. */
export function toRow(
  content: TodoContent,
  { id, userId, now, position = toPosition(id) }: NewTodo
): TodoRow {
  const timestamps = {
    createdAt: now,
    updatedAt: now,
    completedAt: content.done ? now : null,
    deletedAt: null
  }
  return { id, userId, revision: id, position, ...timestamps, ...toColumns(userId, content) }
}

/** When a todo changes: now, or when it was made or changed last, should the clock have been put back since. */
export const nextUpdateTime = ({ createdAt, updatedAt }: TodoRow, now: Date): Date =>
  new Date(Math.max(createdAt.getTime(), updatedAt.getTime(), now.getTime()))

/** The todo with another content, or the very same row when nothing is different. */
export function replaceContent(row: TodoRow, content: TodoContent, now: Date, revision: string): TodoRow {
  const columns = toColumns(row.userId, content)
  if (hasSameColumns(row, columns)) return row
  const updatedAt = nextUpdateTime(row, now)
  const completedAt = content.done ? (row.completedAt ?? updatedAt) : null
  return { ...row, ...columns, completedAt, updatedAt, revision }
}

/**
 * The content with a patch merged in: what it leaves out stays as it is, what it names as null goes back to its default.
 * @throws {Problem} `validation_failed` when the due date is none in the end
 */
export function applyPatch(content: TodoContent, patch: TodoPatch): TodoContent {
  const { title, description, done, due, priority, tags } = { ...content, due: undefined, ...patch }
  return {
    title,
    description,
    done: done ?? defaults.done,
    due: due === undefined ? content.due : due && applyDuePatch(content.due, due),
    priority: priority ?? defaults.priority,
    tags: tags ?? defaults.tags
  }
}

/** The columns that the content makes. */
export function toColumns(userId: string, { title, description, done, due, priority, tags }: TodoContent) {
  const [trimmedTitle, sortedTags] = [title.trim(), tags.map(normalizeTag).toSorted()]
  return {
    title: trimmedTitle,
    description,
    done,
    // In one order of its members, whichever it came in.
    due: due && applyDuePatch(null, due),
    priority: priorities.indexOf(priority),
    tags: sortedTags,
    titleKey: truncateKey(fold(trimmedTitle)),
    dueKey: toDueKey(due),
    terms: toIndexTerms(userId, [trimmedTitle, description ?? ''], sortedTags)
  }
}

const truncateKey = (key: string) =>
  key.length <= MAX_TITLE_KEY_LENGTH ? key : Array.from(key).slice(0, MAX_TITLE_KEY_LENGTH).join('')

type ContentColumns = ReturnType<typeof toColumns>

const hasSameColumns = (row: TodoRow, columns: ContentColumns): boolean =>
  (Object.keys(columns) as (keyof ContentColumns)[]).every(
    name => JSON.stringify(row[name]) === JSON.stringify(columns[name])
  )

/** Whether a todo is in the list, rather than in the trash. */
export const isListed = (row: TodoRow): boolean => row.deletedAt === null

/** What the user decided about a todo. */
export const toContent = ({ title, description, done, due, priority, tags }: TodoRow): TodoContent => ({
  title,
  description,
  done,
  due,
  priority: priorities[priority] as Priority,
  tags
})

/** The todo that a row holds. */
export const toTodo = (row: TodoRow): Todo => ({
  ...toContent(row),
  id: row.id,
  position: row.position,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  completedAt: row.completedAt,
  deletedAt: row.deletedAt,
  etag: `"${row.revision}"`
})
