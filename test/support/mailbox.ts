import { asc } from 'drizzle-orm'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../../src/config/config.ts'
import { createMailComposers } from '../../src/features.ts'
import type { MailContent } from '../../src/mail/mail.ts'
import { type MailRow, mailTables } from '../../src/mail/tables.ts'

/** A mail of the outbox, as it would go out now. */
export interface OutgoingMail extends MailContent {
  kind: string
}

/**
 * Takes the mails out of the outbox, as the sender does: those that are dropped, too.
 * @returns those that would be sent
 */
export async function takeMails(app: FastifyInstance, config: Config): Promise<OutgoingMail[]> {
  const { store, tokens } = app
  const { mails } = mailTables(store.kit)
  const rows: MailRow[] = await store.db.select().from(mails).orderBy(asc(mails.id))
  await store.db.delete(mails)
  const composers = createMailComposers({ store, config, deriveKeys: tokens.deriveKeys })
  const outgoing: OutgoingMail[] = []
  for (const row of rows) {
    const content = await composers[row.kind]?.(row)
    if (content) outgoing.push({ kind: row.kind, ...content })
  }
  return outgoing
}

/** The code in a mail. */
export const codeOf = ({ text }: MailContent): string => /^ *(\d{6})$/m.exec(text)?.[1] ?? ''

/** The value of a parameter of the link in a mail. */
export const parameterOf = ({ text }: MailContent, name: string): string =>
  decodeURIComponent(new RegExp(`[?&]${name}=([^\\s&]+)`).exec(text)?.[1] ?? '')
