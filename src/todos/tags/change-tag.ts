import { and, count, eq } from 'drizzle-orm'
import { createStatement, oncePerEngine, param } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import { changeTodos, createBulkUpdates } from '../bulk/bulk-updates.ts'
import { todoSearch } from '../query/search.ts'
import { type Growth, withQuota } from '../quota.ts'
import { todoTables } from '../tables.ts'
import { type Retagging, toTagParams } from './retagging.ts'

const countStatement = oncePerEngine(engine => {
  const { todos } = todoTables(engine.kit)
  return createStatement(
    engine,
    'todos_tagged_total',
    engine.db
      .select({ total: count() })
      .from(todos)
      .where(and(eq(todos.userId, param(todos.userId, 'userId')), todoSearch(engine).condition))
  )
})

/**
 * Renames a tag on all todos of a user, those in the trash included, or takes it off them: as one act for whoever looks. A todo
 * that has the new tag already has it once.
 * @returns how many todos changed
 * @throws {Problem} `tag_not_found` when no todo has the tag; `quota_exceeded`
 */
export async function changeTag(store: Store, userId: string, change: Retagging): Promise<number> {
  const { tag, newTag } = change
  const tagged = await countTagged(store, userId, [tag])
  if (tagged === 0) throw new Problem('tag_not_found')
  if (newTag === tag) return 0
  const growth = await computeGrowth(store, userId, change, tagged)
  const changed = await withQuota(store, userId, growth, () =>
    changeTodos(store, userId, change, { maxChanged: tagged })
  )
  // Another request may have changed the tag meanwhile.
  if (changed === 0) throw new Problem('tag_not_found')
  return changed
}

async function computeGrowth(
  store: Store,
  userId: string,
  { tag, newTag }: Retagging,
  tagged: number
): Promise<Growth> {
  const gained = newTag === null ? 0 : countTagBytes(newTag) - countTagBytes(tag)
  // Only then a quota may be in the way.
  if (newTag === null || gained <= 0) return { todos: 0, bytes: 0 }
  const merged = await countTagged(store, userId, [tag, newTag])
  return { todos: 0, bytes: (tagged - merged) * gained - merged * (countTagBytes(tag) + 1) }
}

/** The bytes of a tag in the JSON of a todo's tags. */
const countTagBytes = (tag: string) => Buffer.byteLength(JSON.stringify(tag))

/** How many todos have all of some tags, those in the trash included. */
async function countTagged(store: Store, userId: string, tags: readonly string[]): Promise<number> {
  await todoSearch(store).catchUpIndex(userId)
  const params = { ...toTagParams(store, userId, tags), userId }
  const [row] = await createBulkUpdates(store).readConsistently(userId, () =>
    countStatement(store).executeLong(params, todoTables(store.kit).todos.userId)
  )
  return Number(row?.total)
}
