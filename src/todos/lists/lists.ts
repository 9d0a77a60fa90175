import { mustAffectRow, NoRowAffected } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import type { Page } from '../../http/cursor.ts'
import type { Precondition } from '../../http/preconditions.ts'
import { type IdempotentResult, withIdempotency } from '../../idempotency/idempotency.ts'
import { Problem } from '../../problems/problem.ts'
import { createBulkUpdates } from '../bulk/bulk-updates.ts'
import type { ListRow } from '../tables.ts'
import { assertValidListTarget, type ListMoveTarget, type ListPatch, type NewList } from './content.ts'
import { createListReplayHandler, insertList } from './create.ts'
import { type List, toList } from './list.ts'
import { findPositions } from './order.ts'
import { type ListsQuery, readListPage } from './page.ts'
import { applyListPatch } from './patch.ts'
import { listStatements, updateList } from './statements.ts'
import { settleInBackground, settleLists } from './transitions/settle.ts'
import { isGone, nextListTime } from './transitions/state.ts'

/** The lists of a user. Every statement names the owner, so no other user's list is read or changed. */
export function createLists(store: Store, userId: string) {
  const bulkUpdates = createBulkUpdates(store)

  /** The list, in the trash or not; undefined if there is none. */
  async function find(id: string): Promise<ListRow | undefined> {
    const [row] = await listStatements(store).find.execute({ id, userId })
    return row && !isGone(row) ? row : undefined
  }

  /** @throws {Problem} `list_not_found` for a list that is missing or ineligible, or what the precondition throws */
  async function load(
    id: string,
    isEligible: (row: ListRow) => boolean,
    precondition?: Precondition
  ): Promise<ListRow> {
    // A bulk update under way shows in what is counted.
    await bulkUpdates.finishPending(userId)
    const row = await find(id)
    if (!row || !isEligible(row)) throw new Problem('list_not_found')
    precondition?.(toList(row))
    return row
  }

  /** Does a change that begins with the present state, and begins it anew when another write comes in between. */
  async function retry<Result>(change: () => Promise<Result>): Promise<Result> {
    for (;;)
      try {
        return await change()
      } catch (error) {
        if (!(error instanceof NoRowAffected)) throw error
      }
  }

  /**
   * Sets the columns that differ; the list must be as it was read, and stays so while a bulk update puts todos into it.
   * @returns the list as it is then
   */
  async function write(row: ListRow, changed: ListRow): Promise<ListRow> {
    const names = (Object.keys(changed) as (keyof ListRow)[]).filter(name => changed[name] !== row[name])
    if (names.length === 0) return row
    const written = { ...changed, revision: store.newId() }
    const update = updateList(store, [...names, 'revision'])
    await store.atomically(
      mustAffectRow(listStatements(store).findWithoutUpdate.bind({ userId, id: row.id })),
      mustAffectRow(update.bind({ ...written, expected: row.revision }))
    )
    return written
  }

  const read = async (id: string, isEligible: (row: ListRow) => boolean): Promise<List> =>
    toList(await load(id, isEligible))

  return {
    /** @throws {Problem} `list_not_found` for a list that is missing or in the trash */
    get: (id: string): Promise<List> => bulkUpdates.readConsistently(userId, () => read(id, isListed)),

    list: (query: ListsQuery): Promise<Page<List>> =>
      bulkUpdates.readConsistently(userId, () => readListPage(store, userId, query)),

    /**
     * Creates a list below all others.
     * @param key the Idempotency-Key: the same request with the same key creates one list
     * @throws {Problem} `list_exists`, `too_many_lists`, `idempotency_key_in_use`, `idempotency_key_reused`, and `list_not_found`
     * for the replay of a list that was purged since
     */
    create: (newList: NewList, key?: string): Promise<IdempotentResult<List>> =>
      withIdempotency(
        store,
        { userId, key, request: ['createList', newList] },
        createListReplayHandler(find),
        storeAnswer => insertList(store, userId, newList, storeAnswer)
      ),

    /** Changes the given fields. A list that becomes active again has all its todos active when the answer is there. */
    async patch(id: string, patch: ListPatch, precondition: Precondition): Promise<List> {
      const patched = await retry(async () => {
        const row = await load(id, isListed, precondition)
        return write(row, applyListPatch(row, patch, store.now()))
      })
      if (patched.transition === 'unarchiving') {
        await settleLists(store, userId)
        return read(id, isListed)
      }
      if (patched.transition) settleInBackground(store, userId)
      return toList(patched)
    },

    /** Moves a list among the others. Its place does not count as an update. */
    move(id: string, target: ListMoveTarget, precondition: Precondition): Promise<List> {
      assertValidListTarget(target)
      return retry(async () => {
        const row = await load(id, isListed, precondition)
        const ordered = await listStatements(store).findOrdered.execute({ userId })
        const positions = findPositions(ordered, row, target, store.newId)
        const moved = ordered.flatMap(({ id, revision: expected }) => {
          const position = positions.get(id)
          return position === undefined ? [] : { id, userId, position, revision: store.newId(), expected }
        })
        const update = updateList(store, ['position', 'revision'])
        if (moved.length > 0)
          await store.atomically(...moved.map(params => mustAffectRow(update.bind(params))))
        const { position, revision } = moved.find(list => list.id === id) ?? row
        return toList({ ...row, position, revision })
      })
    },

    /** Moves a list to the trash, with all its todos that are not there. They follow in the background. */
    async remove(id: string, precondition: Precondition): Promise<List> {
      const removed = await retry(async () => {
        const row = await load(id, isListed, precondition)
        const deletedAt = nextListTime(row, store.now())
        return write(row, { ...row, deletedAt, updatedAt: deletedAt, transition: 'deleting' })
      })
      settleInBackground(store, userId)
      return toList(removed)
    },

    /** Moves a list from the trash back to its place, with the todos that were deleted with it. */
    async restore(id: string, precondition: Precondition): Promise<List> {
      await retry(async () => {
        await settleLists(store, userId)
        const row = await load(id, isAny, precondition)
        if (!isListed(row)) await write(row, { ...row, transition: 'restoring' })
      })
      await settleLists(store, userId)
      return read(id, isAny)
    },

    /** Deletes a list for good, with all its todos but those that were in the trash before it. They follow in the background. */
    async purge(id: string, precondition: Precondition): Promise<List> {
      const purged = await retry(async () => {
        const row = await load(id, isAny, precondition)
        const deletedAt = row.deletedAt ?? nextListTime(row, store.now())
        await write(row, { ...row, deletedAt, transition: 'purging' })
        return toList(row)
      })
      settleInBackground(store, userId)
      return purged
    }
  }
}

const isListed = ({ deletedAt }: ListRow): boolean => deletedAt === null
const isAny = () => true
