import { isUndoneBy, mustAffectRow } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import type { ReplayHandler, StoreAnswer } from '../../idempotency/idempotency.ts'
import { Problem } from '../../problems/problem.ts'
import { bindSequenceLock } from '../../sync/sequence.ts'
import { BEFORE_ALL } from '../order/list-position.ts'
import { positionAfter } from '../order/position.ts'
import type { ListRow } from '../tables.ts'
import type { NewList } from './content.ts'
import { type List, toList } from './list.ts'
import { listChanges, listStatements } from './statements.ts'
import { settleLists } from './transitions/settle.ts'
import { isGone } from './transitions/state.ts'

/**
 * Creates a list below all others.
 * @throws {Problem} `list_exists`, `too_many_lists`
 */
export async function insertList(
  store: Store,
  userId: string,
  newList: NewList,
  storeAnswer: StoreAnswer<List>
): Promise<List> {
  for (;;) {
    const row = await toRow(store, userId, newList)
    const insert = mustAffectRow(listChanges(store).insert.bind({ ...row }))
    const list = toList(row)
    try {
      // First the lock: nobody else makes a list between the count and the commit.
      await store.atomically(bindSequenceLock(store, userId), insert, ...storeAnswer(list))
      return list
    } catch (error) {
      if (!isUndoneBy(error, insert)) throw error
    }
    const [existing] = await listStatements(store).find.execute({ id: row.id, userId })
    if (!existing) throw new Problem('too_many_lists')
    if (!isGone(existing))
      throw new Problem('list_exists', { errors: [{ pointer: '/id', detail: TAKEN_ID }] })
    await settleLists(store, userId)
  }
}

async function toRow(store: Store, userId: string, newList: NewList): Promise<ListRow> {
  const { id, name, color = null, archived = false } = newList
  const last = (await listStatements(store).findOrdered.execute({ userId })).at(-1)
  const [revision, now] = [store.newId(), store.now()]
  return {
    id: id ?? revision,
    userId,
    revision,
    name: name.trim(),
    color,
    position: positionAfter(last?.position ?? BEFORE_ALL, revision),
    openCount: 0,
    createdAt: now,
    updatedAt: now,
    archivedAt: archived ? now : null,
    deletedAt: null,
    transition: null
  }
}

/** Stores the id of a created list. A replay shows the list as it is now. */
export const createListReplayHandler = (
  find: (id: string) => Promise<ListRow | undefined>
): ReplayHandler<List, Pick<List, 'id'>> => ({
  identify: ({ id }) => ({ id }),
  async replay({ id }) {
    const row = await find(id)
    if (!row) throw new Problem('list_not_found', PURGED)
    return toList(row)
  }
})

const TAKEN_ID = 'is the id of a list that is there already; leave it out, or give another'
const PURGED = {
  detail:
    'The first request with this key made the list, and it was deleted for good since. Nothing was done.',
  headers: { 'idempotent-replayed': 'true' }
}
