import type { Store } from '../../../db/store.ts'
import { assertTargetsExist } from '../../query/targets.ts'
import type { Todo } from '../../todo.ts'
import { toCalendar } from './calendar.ts'
import { readListDuePages, readListNames, readListPages } from './list-pages.ts'
import { readDuePages, readTodoPages, toNdjson } from './todo-pages.ts'

export interface ExportRequest {
  readonly isCalendar: boolean
  /** The list whose todos are exported, or `inbox`, without those in the trash; undefined for all todos. */
  readonly listRef: string | undefined
  /** Writes a todo as JSON. */
  readonly serialize: (todo: Todo) => string
}

/**
 * Writes a user's todos as lines of JSON, or as a calendar, which has none of the trash.
 * @returns the text, in chunks
 * @throws {Problem} `validation_failed` for a list that is not there
 * @throws {StatementError} at any chunk
 */
export async function exportTodos(
  store: Store,
  userId: string,
  { isCalendar, listRef, serialize }: ExportRequest
): Promise<AsyncIterable<string>> {
  if (listRef !== undefined) await assertTargetsExist(store, userId, { list: [listRef] })
  const list = listRef === undefined ? undefined : { userId, listRef }
  if (!isCalendar)
    return toNdjson(list ? readListPages(store, list) : readTodoPages(store, userId, 'all'), serialize)
  const listNames = await readListNames(store, userId)
  if (!list)
    return toCalendar(readTodoPages(store, userId, 'listed'), readDuePages(store, userId), { listNames })
  const name = listNames.get(list.listRef)
  return toCalendar(readListPages(store, list), readListDuePages(store, list), { name })
}
