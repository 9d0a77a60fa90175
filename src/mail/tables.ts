import { defineTables } from '../db/tables.ts'

/** The outbox. */
export const mailTables = defineTables(({ table, index, id, text, json, integer, instant }) => ({
  mails: table(
    'mails',
    {
      // Also the Message-ID, so that a mail that is sent twice is recognized.
      id: id('id').primaryKey(),
      kind: text('kind').notNull(),
      address: text('address').notNull(),
      // No foreign key: the mail that tells of the end of an account outlives the account.
      userId: id('user_id'),
      // What the text is made from. It has no code, link or token.
      data: json('data').notNull(),
      createdAt: instant('created_at').notNull(),
      // When the next attempt is due. A claim moves it on by the length of the lease.
      dueAt: instant('due_at').notNull(),
      attempts: integer('attempts').notNull(),
      // From then on the mail is of no use.
      expiresAt: instant('expires_at').notNull(),
      lastError: text('last_error'),
      givenUpAt: instant('given_up_at')
    },
    mail => [index('mails_due_at').on(mail.dueAt), index('mails_expires_at').on(mail.expiresAt)]
  )
}))

export type MailRow = ReturnType<typeof mailTables>['mails']['$inferSelect']
