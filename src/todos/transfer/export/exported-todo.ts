import type { Series } from '../../recurrence/series.ts'
import type { TodoRow } from '../../tables.ts'
import { type Todo, toTodo } from '../../todo.ts'

/** A todo with what is known of its series. */
export interface ExportedTodo extends Todo {
  readonly series: Series | null
}

export const toExportedTodo = (row: TodoRow): ExportedTodo => ({ ...toTodo(row), series: row.series })
