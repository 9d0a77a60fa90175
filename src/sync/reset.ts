import { asc, gt, sql } from 'drizzle-orm'
import { userTables } from '../auth/user.ts'
import { param, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { syncTables } from './tables.ts'

/** How far a sequence moves on at least: further than all changes that came after a backup. */
const MIN_DISTANCE = 2 ** 32
/** Users whose sequences move on in one statement. */
const BATCH_SIZE = 1000

const statements = prepareStatements(
  'change_sequences_reset',
  kit => ({ ...userTables(kit), ...syncTables(kit) }),
  (db, { users, changeSequences: sequences }) => {
    const distance = sql`cast(${sql.placeholder('distance')} as bigint)`
    const moved = sql`${sequences.value} + excluded.value`
    return {
      /** Of users without a sequence, too: there may have been one after the backup. */
      moveSome: db
        .insert(sequences)
        .select(
          db
            .select({
              userId: users.id,
              value: sql`${distance}`.as('value'),
              floor: sql`${distance}`.as('floor')
            })
            .from(users)
            .where(gt(users.id, param(users.id, 'after')))
            .orderBy(asc(users.id))
            .limit(BATCH_SIZE)
        )
        .onConflictDoUpdate({ target: sequences.userId, set: { value: moved, floor: moved } })
        .returning({ userId: sequences.userId })
    }
  }
)

/**
 * Makes all sync tokens expire, after a database was restored from a backup: a token from after the backup names changes that
 * were undone, and its number will be given to other changes. Whoever follows begins anew. The distance grows with the time, so
 * that two restores of one backup do not lead to the same numbers. Thousands of resets fit into a number.
 * @returns for how many users
 */
export async function expireSyncTokens(store: Store): Promise<number> {
  const { moveSome } = statements(store)
  const distance = MIN_DISTANCE + store.now().getTime()
  let users = 0
  let isDone = false
  for (let after = ''; !isDone; ) {
    const ids = (await moveSome.execute({ after, distance })).map(({ userId }) => userId).toSorted()
    users += ids.length
    after = ids.at(-1) ?? after
    isDone = ids.length < BATCH_SIZE
  }
  return users
}
