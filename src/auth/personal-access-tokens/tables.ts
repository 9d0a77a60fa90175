import { defineTables } from '../../db/tables.ts'
import { userTables } from '../user.ts'
import type { Scope } from './scopes.ts'

/** Tokens for scripts, which act for a user within their scopes. */
export const personalAccessTokenTables = defineTables(kit => {
  const { table, index, id, text, json, instant } = kit
  const { users } = userTables(kit)

  const personalAccessTokens = table(
    'personal_access_tokens',
    {
      id: id('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      // SHA-256: a token has 256 random bits, so that no slow hash is needed.
      tokenHash: text('token_hash').notNull().unique(),
      name: text('name').notNull(),
      scopes: json('scopes').$type<readonly Scope[]>().notNull(),
      createdAt: instant('created_at').notNull(),
      expiresAt: instant('expires_at').notNull(),
      // To the hour, so that most requests write nothing.
      lastUsedAt: instant('last_used_at')
    },
    token => [
      index('personal_access_tokens_user_id').on(token.userId),
      index('personal_access_tokens_expires_at').on(token.expiresAt)
    ]
  )

  return { personalAccessTokens }
})

export type PersonalAccessTokenRow = ReturnType<
  typeof personalAccessTokenTables
>['personalAccessTokens']['$inferSelect']
