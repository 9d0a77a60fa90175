import type { Store } from '../../db/store.ts'
import { validationFailed } from '../../problems/problem.ts'
import { NO_LIST } from '../lists/problems.ts'
import { listStatements } from '../lists/statements.ts'
import { NO_TODO } from '../problems.ts'
import { todoStatements } from '../statements.ts'
import { type Filter, INBOX_REF, NO_PARENT_REF } from './list-query.ts'

/**
 * Checks that the lists and the parent of a filter are there.
 * @throws {Problem} `validation_failed` for one that is not there, or in the trash
 */
export async function assertTargetsExist(store: Store, userId: string, filter: Filter): Promise<void> {
  for (const id of filter.list ?? []) {
    if (id === INBOX_REF) continue
    const [list] = await listStatements(store).find.execute({ id, userId })
    if (!list || list.deletedAt) throw validationFailed({ parameter: 'list', detail: NO_LIST })
  }
  if (filter.parent === undefined || filter.parent === NO_PARENT_REF) return
  const [parent] = await todoStatements(store).findListed.execute({ id: filter.parent, userId })
  if (!parent) throw validationFailed({ parameter: 'parent', detail: NO_TODO })
}
