import type { Store } from '../../../db/store.ts'
import type { RemoveOldest } from '../../../jobs/janitor.ts'
import { updateList } from '../statements.ts'
import { settleInBackground } from './settle.ts'
import { transitionStatements } from './statements.ts'

/**
 * Makes what empties the trash of lists that have been in it for long enough. First of all the list is gone, so nobody can take it
 * out of the trash without some of its todos.
 */
export const createListRemoval =
  (store: Store): RemoveOldest =>
  async (before, size) => {
    const lists = await transitionStatements(store).findOldest.execute({ before, size })
    for (const { userId, id, revision: expected } of lists) {
      const gone = { userId, id, expected, revision: store.newId(), transition: 'purging' }
      // A list that was restored meanwhile stays.
      await store.atomically(updateList(store, ['revision', 'transition']).bind(gone))
      settleInBackground(store, userId)
    }
    return lists.length
  }
