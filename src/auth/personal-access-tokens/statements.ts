import { and, desc, eq, getTableColumns, isNull, lt, or, sql } from 'drizzle-orm'
import { isIdParam } from '../../db/read-batches.ts'
import { param, paramSelection, prepareStatements } from '../../db/statements.ts'
import { MAX_TOKENS } from './limits.ts'
import { personalAccessTokenTables } from './tables.ts'

/** The statements on personal access tokens. Only those that find who sends a token do not name the user. */
export const personalAccessTokenStatements = prepareStatements(
  'personal_access_tokens',
  personalAccessTokenTables,
  (db, { personalAccessTokens: tokens }) => {
    const matchesHash = eq(tokens.tokenHash, param(tokens.tokenHash, 'tokenHash'))
    const matchesUser = eq(tokens.userId, param(tokens.userId, 'userId'))
    const matchesId = and(matchesUser, eq(tokens.id, param(tokens.id, 'id')))
    const { tokenHash: _, ...shown } = getTableColumns(tokens)
    const count = db.select({ count: sql`count(*)` }).from(tokens).where(matchesUser)
    const oneRow = sql`(select 1) as one`
    const isLaterUse = or(
      isNull(tokens.lastUsedAt),
      lt(tokens.lastUsedAt, param(tokens.lastUsedAt, 'lastUsedAt'))
    )
    return {
      /** Affects no row when the account has as many tokens as it may have. Its transaction has locked the user. */
      insert: db
        .insert(tokens)
        .select(
          db
            .select(paramSelection(tokens))
            .from(oneRow)
            .where(lt(sql`(${count})`, sql.raw(`${MAX_TOKENS}`)))
        )
        .returning(shown),
      findByHash: db.select().from(tokens).where(matchesHash),
      findManyByHash: db.select().from(tokens).where(isIdParam(tokens.tokenHash)),
      list: db.select(shown).from(tokens).where(matchesUser).orderBy(desc(tokens.id)),
      find: db.select(shown).from(tokens).where(matchesId),
      recordUse: db
        .update(tokens)
        .set({ lastUsedAt: param(tokens.lastUsedAt, 'lastUsedAt') })
        .where(and(matchesId, isLaterUse)),
      remove: db.delete(tokens).where(matchesId).returning({ id: tokens.id }),
      removeAll: db.delete(tokens).where(matchesUser).returning({ id: tokens.id })
    }
  }
)
