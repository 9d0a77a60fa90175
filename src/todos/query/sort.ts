import type { TodoRow } from '../tables.ts'

/** What a list can be ordered by; an index covers each column. */
const sortColumns = {
  position: 'position',
  createdAt: 'createdAt',
  updatedAt: 'updatedAt',
  due: 'dueKey',
  priority: 'priority',
  title: 'titleKey'
} as const satisfies Record<string, keyof TodoRow>

type SortField = keyof typeof sortColumns
/** An order of a list; `-` reverses it. */
export type Sort = SortField | `-${SortField}`
export const sorts = (Object.keys(sortColumns) as SortField[]).flatMap((field): Sort[] => [
  field,
  `-${field}`
])

/** The column that an order is by. */
export const getSortColumn = (sort: Sort) => sortColumns[sort.replace('-', '') as SortField]
