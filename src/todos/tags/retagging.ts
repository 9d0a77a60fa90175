import { and, eq, gt, lte, sql } from 'drizzle-orm'
import type { Params } from '../../db/engine.ts'
import { isIdParam, MAX_BULK_IDS, toIdParams } from '../../db/read-batches.ts'
import { param, prepareShapes } from '../../db/statements.ts'
import type { Store } from '../../db/store.ts'
import { prepareChangeShapes } from '../../sync/sequence.ts'
import { type BulkUpdateRun, countRows, type Pass } from '../bulk/passes/pass.ts'
import { todoSearch } from '../query/search.ts'
import { toSearchTerms, toTagTerms } from '../query/terms.ts'
import { toChangeTime } from '../statements.ts'
import { todoTables } from '../tables.ts'

/** What becomes of a tag on all todos, as a bulk update is stored. */
export interface Retagging {
  readonly tag: string
  /** What the todos have instead; null when they only lose the tag. */
  readonly newTag: string | null
  /** The todos, where they are few. */
  readonly ids?: readonly string[]
}

/** The values of the condition on todos that have all of some tags. */
export const toTagParams = (store: Store, userId: string, tags: readonly string[]): Params =>
  todoSearch(store).toParams(toSearchTerms(userId, '', tags))

/** Finds the tagged todos in a range of ids, those in the trash included: few by their ids, or all. */
const selectTagged = prepareShapes('todos_tagged', (engine, by: 'ids' | 'terms') => {
  const { todos } = todoTables(engine.kit)
  return engine.db
    .select({ id: todos.id, tags: todos.tags })
    .from(todos)
    .where(
      and(
        eq(todos.userId, param(todos.userId, 'userId')),
        by === 'ids' ? isIdParam(todos.id, MAX_BULK_IDS) : todoSearch(engine).unindexedCondition,
        gt(todos.id, param(todos.id, 'from')),
        lte(todos.id, param(todos.id, 'to'))
      )
    )
})

type TaggedRow = Awaited<ReturnType<ReturnType<typeof selectTagged>['execute']>>[number]

/** Writes the tags of todos, and the terms by which they are found, from a JSON array of what `retag` makes. */
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
  { tag, newTag, ids }: Retagging,
  { userId, revision, startedAt }: BulkUpdateRun
): Pass {
  const select = selectTagged(store, ids ? 'ids' : 'terms')
  const params = ids ? toIdParams(ids, MAX_BULK_IDS) : toTagParams(store, userId, [tag])
  const update = updateTags(store, null)
  return {
    prepareRange: async range => [
      select.bind({ userId, ...params, ...range }),
      countRows(
        update.bind({ userId, revision, now: startedAt }, earlierRows => {
          const rows = earlierRows.at(-1) as readonly TaggedRow[]
          // Those that were found by their ids may have lost the tag meanwhile.
          const taggedRows = rows.filter(({ tags }) => tags.includes(tag))
          return { retagged: JSON.stringify(taggedRows.map(row => retag(row, tag, newTag))) }
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
