import { defineTables } from '../../db/tables.ts'
import { userTables } from '../user.ts'

/** The passkeys of accounts (WebAuthn Level 3). */
export const passkeyTables = defineTables(kit => {
  const { table, index, id, text, flag, json, counter, instant } = kit
  const { users } = userTables(kit)

  const passkeys = table(
    'passkeys',
    {
      id: id('id').primaryKey(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      // In base64url, as browsers send it.
      credentialId: text('credential_id').notNull().unique(),
      // A COSE key, in base64url.
      publicKey: text('public_key').notNull(),
      // Of signatures. Most passkeys count none, and say 0.
      signCount: counter('sign_count').notNull(),
      transports: json('transports').$type<readonly string[]>().notNull(),
      // The model of the authenticator, or zeros.
      aaguid: text('aaguid').notNull(),
      isBackupEligible: flag('is_backup_eligible').notNull(),
      isBackedUp: flag('is_backed_up').notNull(),
      name: text('name').notNull(),
      createdAt: instant('created_at').notNull(),
      lastUsedAt: instant('last_used_at')
    },
    passkey => [index('passkeys_user_id').on(passkey.userId)]
  )

  return { passkeys }
})

export type PasskeyRow = ReturnType<typeof passkeyTables>['passkeys']['$inferSelect']

/** What an authenticator tells of a passkey that it has made. */
export type NewCredential = Pick<
  PasskeyRow,
  'credentialId' | 'publicKey' | 'signCount' | 'transports' | 'aaguid' | 'isBackupEligible' | 'isBackedUp'
>
