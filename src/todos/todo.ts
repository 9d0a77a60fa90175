import { type Priority, priorities, type TodoContent } from './content/content.ts'
import { applyDuePatch, toDueKey } from './content/due.ts'
import { normalizeTag } from './content/tags.ts'
import { toPosition } from './order/position.ts'
import { toIndexTerms } from './query/terms.ts'
import { toTitleKey } from './query/title-key.ts'
import type { TodoRow } from './tables.ts'

export interface Todo extends TodoContent {
  readonly id: string
  readonly position: string
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly completedAt: Date | null
  readonly deletedAt: Date | null
  /** Names this state of the todo (RFC 9110, section 8.8.3); each change sets another one. */
  readonly etag: string
}

/** What a new todo has beside its content. */
interface NewTodo extends Pick<TodoRow, 'id' | 'userId'> {
  /** By default below all older todos. */
  readonly position?: string
  readonly now: Date
}

/** The row of a new todo. */
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

/** The time of a change: now, but never before the last change, should the clock have been put back. */
export const nextUpdateTime = ({ createdAt, updatedAt }: TodoRow, now: Date): Date =>
  new Date(Math.max(createdAt.getTime(), updatedAt.getTime(), now.getTime()))

/** The row with another content, or the very same row when nothing differs. */
export function replaceContent(row: TodoRow, content: TodoContent, now: Date, revision: string): TodoRow {
  const columns = toColumns(row.userId, content)
  if (hasSameColumns(row, columns)) return row
  const updatedAt = nextUpdateTime(row, now)
  const completedAt = content.done ? (row.completedAt ?? updatedAt) : null
  return { ...row, ...columns, completedAt, updatedAt, revision }
}

/**
 * The columns of a content, those for order and search included.
 * @throws {Problem} `validation_failed` when the due date is invalid
 */
export function toColumns(userId: string, { title, description, done, due, priority, tags }: TodoContent) {
  const [trimmedTitle, sortedTags] = [title.trim(), tags.map(normalizeTag).toSorted()]
  return {
    title: trimmedTitle,
    description,
    done,
    // Always with its members in the same order.
    due: due && applyDuePatch(null, due),
    priority: priorities.indexOf(priority),
    tags: sortedTags,
    titleKey: toTitleKey(trimmedTitle),
    dueKey: toDueKey(due),
    terms: toIndexTerms(userId, [trimmedTitle, description ?? ''], sortedTags)
  }
}

type ContentColumns = ReturnType<typeof toColumns>

const hasSameColumns = (row: TodoRow, columns: ContentColumns): boolean =>
  (Object.keys(columns) as (keyof ContentColumns)[]).every(
    name => JSON.stringify(row[name]) === JSON.stringify(columns[name])
  )

/** Whether a todo is in the list, not in the trash. */
export const isListed = (row: TodoRow): boolean => row.deletedAt === null

/** The content of a row. */
export const toContent = ({ title, description, done, due, priority, tags }: TodoRow): TodoContent => ({
  title,
  description,
  done,
  due,
  priority: priorities[priority] as Priority,
  tags
})

/** The todo of a row. */
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
