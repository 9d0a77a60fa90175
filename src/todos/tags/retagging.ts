import { and, eq, gt, lte, sql } from 'drizzle-orm'
import type { Params } from '../../db/engine.ts'
import { param, prepareShapes } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { prepareChangeShapes } from '../../sync/sequence.ts'
import { ALL_IDS, type BulkUpdateRun, countRows, type Pass } from '../bulk/passes/pass.ts'
import { todoSearch } from '../query/search.ts'
import { toSearchTerms, toTagTerms } from '../query/terms.ts'
import { toChangeTime } from '../statements.ts'
import { todoTables } from '../tables.ts'

/** What becomes of a tag on all todos, as a bulk update is stored. */
export interface Retagging {
  readonly tag: string
  /** What the todos have instead; null when they only lose the tag. */
  readonly newTag: string | null
}

/** The values of the condition on todos that have all of some tags. */
export const toTagParams = (store: Store, userId: string, tags: readonly string[]): Params => ({
  userId,
  ...todoSearch(store).toParams(toSearchTerms(userId, '', tags))
})

/** Finds the tagged todos in a range of ids, those in the trash included. */
const selectTagged = prepareShapes('todos_tagged', (engine, { isIndexed }: { isIndexed: boolean }) => {
  const { todos } = todoTables(engine.kit)
  const { condition, unindexedCondition } = todoSearch(engine)
  return engine.db
    .select({ id: todos.id, tags: todos.tags })
    .from(todos)
    .where(
      and(
        eq(todos.userId, param(todos.userId, 'userId')),
        isIndexed ? condition : unindexedCondition,
        gt(todos.id, param(todos.id, 'from')),
        lte(todos.id, param(todos.id, 'to'))
      )
    )
})

type TaggedRow = Awaited<ReturnType<ReturnType<typeof selectTagged>['execute']>>[number]

/** Writes the tags of todos, and the terms by which they are found, from a JSON array of `RetaggedTodo`. */
const updateTags = prepareChangeShapes('todos_retag', (engine, _shape: null, db, changeNumber) => {
  const { todos } = todoTables(engine.kit)
  const { rows, member } = engine.jsonElements(sql.placeholder('retagged'))
  const otherTerms = sql`substr(${todos.terms}, 1, length(${todos.terms}) - cast(${member('oldLength')} as integer))`
  return db
    .update(todos)
    .set({
      tags: member('tags'),
      terms: sql`${otherTerms} || ${member('tagTerms')}`,
      changeNumber,
      updatedAt: toChangeTime(todos),
      revision: param(todos.revision, 'revision')
    })
    .from(rows)
    .where(and(eq(todos.userId, param(todos.userId, 'userId')), eq(todos.id, member('id'))))
    .returning({ id: todos.id })
})

/** Prepares the pass that takes a tag off the todos of a user, or puts another one in its place. */
export function prepareRetagging(
  store: Store,
  { tag, newTag }: Retagging,
  { userId, revision, startedAt }: BulkUpdateRun
): Pass {
  const params = toTagParams(store, userId, [tag])
  const update = updateTags(store, null)
  return {
    prepareRange: async range => [
      // An index answers for all ids together. To ask it again for each slice would take longer than to look at the todos.
      selectTagged(store, { isIndexed: range === ALL_IDS }).bind({ ...params, ...range }),
      countRows(
        update.bind({ userId, revision, now: startedAt }, earlierRows => {
          const rows = earlierRows.at(-1) as readonly TaggedRow[]
          return { retagged: JSON.stringify(rows.map(row => retag(row, tag, newTag))) }
        })
      )
    ]
  }
}

/** The tags of a todo with one replaced, and what becomes of the end of its terms. */
function retag({ id, tags }: TaggedRow, tag: string, newTag: string | null) {
  const others = tags.filter(other => other !== tag && other !== newTag)
  const newTags = newTag === null ? others : [...others, newTag].toSorted()
  return {
    id,
    tags: JSON.stringify(newTags),
    oldLength: toTagTerms(tags).length,
    tagTerms: toTagTerms(newTags)
  }
}
