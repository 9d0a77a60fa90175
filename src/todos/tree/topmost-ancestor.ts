import { type SQL, sql } from 'drizzle-orm'
import { param } from '../../db/statements.ts'
import type { TodoTables } from '../tables.ts'

/**
 * The id of the topmost ancestor of a todo that meets a condition; null if none does. There are few ancestors, and an index
 * finds each.
 * @param condition on the columns of `ancestor`
 */
export function findTopmostAncestor({ todos }: TodoTables, condition: SQL): SQL<string> {
  const columns = sql`ancestor.id, ancestor.parent_id, case when ${condition} then 1 else 0 end`
  const isOfUser = sql`ancestor.user_id = ${param(todos.userId, 'userId')}`
  return sql`(
    with recursive ancestors (id, parent_id, is_sought, height) as (
      select ${columns}, 1 from todos as ancestor where ${isOfUser} and ancestor.id = ${todos.parentId}
      union all
      select ${columns}, below.height + 1 from todos as ancestor
        join ancestors as below on ancestor.id = below.parent_id where ${isOfUser}
    )
    select id from ancestors where is_sought = 1 order by height desc limit 1
  )`
}
