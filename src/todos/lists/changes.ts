import { prepareStatements } from '../../db/statements.ts'
import { type ChangeSource, inChangeRange, toRangeParams } from '../../sync/change-source.ts'
import { todoTables } from '../tables.ts'
import { toList } from './list.ts'
import { readSettled } from './transitions/settle.ts'

const TYPE = 'list'
/** Characters of a list as JSON, beside its name. */
const BASE_SIZE = 400

const statements = prepareStatements('lists_changes', todoTables, (db, { lists }) => {
  const { condition, order, limit } = inChangeRange(lists)
  return {
    find: db
      .select()
      .from(lists)
      .where(condition)
      .orderBy(...order)
      .limit(limit)
  }
})

/** The lists, for those who follow the changes. They see nothing before all todos have followed their lists. */
export const listChangeSource: ChangeSource = {
  type: TYPE,
  columns: kit => todoTables(kit).lists,
  readConsistently: readSettled,
  async readChanged(store, userId, range, limit) {
    const rows = await statements(store).find.execute(toRangeParams(userId, range, limit))
    return rows.map(row => ({
      type: TYPE,
      id: row.id,
      number: row.changeNumber,
      item: toList(row),
      size: BASE_SIZE + row.name.length
    }))
  }
}
