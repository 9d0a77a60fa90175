import { type Priority, priorities, type TodoContent } from './content/content.ts'
import { applyDuePatch, toDueKey } from './content/due.ts'
import type { Placement } from './content/placement.ts'
import { toCanonicalRepeat } from './content/repeat.ts'
import { normalizeTag } from './content/tags.ts'
import { toPosition } from './order/position.ts'
import { toIndexTerms } from './query/terms.ts'
import { toTitleKey } from './query/title-key.ts'
import type { CompletedOccurrence } from './recurrence/completions.ts'
import type { TodoRow } from './tables.ts'

export interface Todo extends TodoContent, Placement {
  readonly id: string
  /** Of its subtasks that are not in the trash, without theirs. */
  readonly childCount: number
  readonly openChildCount: number
  readonly position: string
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly completedAt: Date | null
  readonly deletedAt: Date | null
  /** Names this state of the todo (RFC 9110, section 8.8.3); each change sets another one. */
  readonly etag: string
  /** Only in the answer to what has completed an occurrence of it. */
  readonly completed?: CompletedOccurrence
}

/** Where a row is in the lists and trees of its user; '' for no list and no other todo. */
export type RowPlacement = Pick<TodoRow, 'listId' | 'parentId' | 'rootId' | 'isArchived'>

/** In the inbox, and nobody's subtask. */
export const INBOX_ROW: RowPlacement = { listId: '', parentId: '', rootId: '', isArchived: false }

/** What a new todo has beside its content. */
interface NewTodo extends Pick<TodoRow, 'id' | 'userId'> {
  /** By default below all older todos. */
  readonly position?: string
  readonly placement?: RowPlacement
  readonly series?: TodoRow['series']
  readonly now: Date
}

/** The row of a new todo. */
export function toRow(
  content: TodoContent,
  { id, userId, now, position = toPosition(id), placement = INBOX_ROW, series = null }: NewTodo
): TodoRow {
  return {
    id,
    userId,
    revision: id,
    position,
    ...placement,
    ...NO_HISTORY,
    series,
    createdAt: now,
    updatedAt: now,
    completedAt: content.done ? now : null,
    ...toColumns(userId, content)
  }
}

/** What a todo has only after something has happened to it. */
export const NO_HISTORY = {
  childCount: 0,
  openChildCount: 0,
  series: null,
  completionCount: 0,
  deletedAt: null,
  deletedWith: ''
} satisfies Partial<TodoRow>

/** The time of a change: now, but never before the last change, should the clock have been put back. */
export const nextUpdateTime = ({ createdAt, updatedAt }: TodoRow, now: Date): Date =>
  new Date(Math.max(createdAt.getTime(), updatedAt.getTime(), now.getTime()))

/** The content of a todo, and the series that goes with it. */
export interface Content extends TodoContent {
  readonly series: TodoRow['series']
}

/** The row with another content, or the very same row when nothing differs. Columns that do not differ keep their value. */
export function replaceContent(
  row: TodoRow,
  { series, ...content }: Content,
  now: Date,
  revision: string
): TodoRow {
  const columns = { ...toColumns(row.userId, content), series }
  const changedNames = (Object.keys(columns) as (keyof typeof columns)[]).filter(
    name => JSON.stringify(row[name]) !== JSON.stringify(columns[name])
  )
  if (changedNames.length === 0) return row
  const changes = Object.fromEntries(changedNames.map(name => [name, columns[name]]))
  const updatedAt = nextUpdateTime(row, now)
  const completedAt = content.done ? (row.completedAt ?? updatedAt) : null
  return { ...row, ...changes, completedAt, updatedAt, revision }
}

/**
 * The columns of a content, those for order and search included.
 * @throws {Problem} `validation_failed` when the due date is invalid
 */
export function toColumns(
  userId: string,
  { title, description, done, due, priority, tags, repeat }: TodoContent
) {
  const [trimmedTitle, sortedTags] = [title.trim(), tags.map(normalizeTag).toSorted()]
  return {
    title: trimmedTitle,
    description,
    done,
    // Always with its members in the same order.
    due: due && applyDuePatch(null, due),
    priority: priorities.indexOf(priority),
    tags: sortedTags,
    repeat: repeat && toCanonicalRepeat(repeat),
    titleKey: toTitleKey(trimmedTitle),
    dueKey: toDueKey(due),
    terms: toIndexTerms(userId, [trimmedTitle, description ?? ''], sortedTags)
  }
}

/** A row before a change and after it; undefined where there is none. */
export interface RowChange {
  readonly before: TodoRow | undefined
  readonly after: TodoRow | undefined
}

/** Whether a todo is in the list, not in the trash. */
export const isListed = (row: TodoRow): boolean => row.deletedAt === null

/** The content of a row. */
export const toContent = ({
  title,
  description,
  done,
  due,
  priority,
  tags,
  repeat
}: TodoRow): TodoContent => ({
  title,
  description,
  done,
  due,
  priority: priorities[priority] as Priority,
  tags,
  repeat
})

/** Where the todo of a row belongs. */
export const toPlacement = ({ listId, parentId }: Pick<TodoRow, keyof Placement>): Placement => ({
  listId: listId || null,
  parentId: parentId || null
})

/** The todo of a row. */
export const toTodo = (row: TodoRow): Todo => ({
  ...toContent(row),
  ...toPlacement(row),
  id: row.id,
  childCount: row.childCount,
  openChildCount: row.openChildCount,
  position: row.position,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
  completedAt: row.completedAt,
  deletedAt: row.deletedAt,
  etag: `"${row.revision}"`
})
