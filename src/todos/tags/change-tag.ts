import { and, count, eq } from 'drizzle-orm'
import { createStatement, oncePerEngine, param } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import { changeTodos, createBulkUpdates, MAX_FEW } from '../bulk/bulk-updates.ts'
import { todoSearch } from '../query/search.ts'
import { type Growth, withQuota } from '../quota.ts'
import { todoTables } from '../tables.ts'
import { type Retagging, toTagParams } from './retagging.ts'

const statements = oncePerEngine(engine => {
  const { todos } = todoTables(engine.kit)
  const isTagged = and(eq(todos.userId, param(todos.userId, 'userId')), todoSearch(engine).condition)
  const { db } = engine
  return {
    /** A few tagged todos, and one more, which shows that there are others. */
    findSome: createStatement(
      engine,
      'todos_tagged_some',
      db
        .select({ id: todos.id })
        .from(todos)
        .where(isTagged)
        .limit(MAX_FEW + 1)
    ),
    count: createStatement(
      engine,
      'todos_tagged_total',
      db.select({ total: count() }).from(todos).where(isTagged)
    )
  }
})

/**
 * Renames a tag on all todos of a user, those in the trash included, or takes it off them: as one act for whoever looks. A todo
 * that has the new tag already has it once.
 * @param newTag null to take the tag off
 * @returns how many todos changed
 * @throws {Problem} `tag_not_found` when no todo has the tag; `quota_exceeded`
 */
export async function changeTag(
  store: Store,
  userId: string,
  tag: string,
  newTag: string | null
): Promise<number> {
  const ids = await findSomeTagged(store, userId, tag)
  if (ids.length === 0) throw new Problem('tag_not_found')
  if (newTag === tag) return 0
  const isFew = ids.length <= MAX_FEW
  const change: Retagging = { tag, newTag, ...(isFew && { ids }) }
  const growth = await computeGrowth(store, userId, change)
  const changed = await withQuota(store, userId, growth, () => changeTodos(store, userId, change, { isFew }))
  // Another request may have changed the tag meanwhile.
  if (changed === 0) throw new Problem('tag_not_found')
  return changed
}

async function findSomeTagged(store: Store, userId: string, tag: string): Promise<string[]> {
  const params = await prepareTagParams(store, userId, [tag])
  const rows = await createBulkUpdates(store).readConsistently(userId, () =>
    statements(store).findSome.executeLong(params, todoTables(store.kit).todos.userId)
  )
  return rows.map(({ id }) => id)
}

/** What a change of a tag adds to the usage of the user; a todo that has the new tag already only loses the old one. */
async function computeGrowth(store: Store, userId: string, { tag, newTag }: Retagging): Promise<Growth> {
  const gained = newTag === null ? 0 : countTagBytes(newTag) - countTagBytes(tag)
  if (newTag === null || gained <= 0) return { todos: 0, bytes: 0 }
  const tagged = await countTagged(store, userId, [tag])
  const merged = await countTagged(store, userId, [tag, newTag])
  return { todos: 0, bytes: (tagged - merged) * gained - merged * (countTagBytes(tag) + 1) }
}

/** The bytes of a tag in the JSON of a todo's tags. */
const countTagBytes = (tag: string) => Buffer.byteLength(JSON.stringify(tag))

/** How many todos have all of some tags, those in the trash included. */
async function countTagged(store: Store, userId: string, tags: readonly string[]): Promise<number> {
  const params = await prepareTagParams(store, userId, tags)
  const [row] = await createBulkUpdates(store).readConsistently(userId, () =>
    statements(store).count.executeLong(params, todoTables(store.kit).todos.userId)
  )
  return Number(row?.total)
}

async function prepareTagParams(store: Store, userId: string, tags: readonly string[]) {
  await todoSearch(store).catchUpIndex(userId)
  return { userId, ...toTagParams(store, userId, tags) }
}
