import type { BoundStatement } from '../db/bound-statement.ts'
import { oncePerDatabase, paramRow, prepareStatements } from '../db/statements.ts'
import type { Store } from '../db/store.ts'
import { type MailRow, mailTables } from './tables.ts'

/** A mail to be sent: what it is about, never the secrets that it will show. */
export interface NewMail extends Pick<MailRow, 'kind' | 'address' | 'userId'> {
  readonly data: object
  /** Milliseconds after which the mail is of no use. */
  readonly lifetimeMs: number
}

const statements = prepareStatements('outbox', mailTables, (db, { mails }) => ({
  insert: db.insert(mails).values(paramRow(mails))
}))

/** Stands for a mail where none are sent. */
const NO_MAIL: BoundStatement = { name: 'no_mail', run: () => [] }

/** The listeners that are called when a mail of this process has been committed. */
export const mailListeners = oncePerDatabase(() => new Set<() => void>())

/**
 * The outbox of mails. A mail is a row that commits with what it tells of, so neither is lost without the other.
 * @param isEnabled whether mails are sent; otherwise no row is written
 */
export function createOutbox(store: Store, isEnabled: boolean) {
  const { insert } = statements(store)
  const listeners = mailListeners(store)

  function notifyListeners() {
    for (const listener of listeners) listener()
  }

  /** @returns the statement that puts a mail into the outbox, to run in the transaction of what it tells of */
  function bindMail({ kind, address, userId, data, lifetimeMs }: NewMail): BoundStatement {
    if (!isEnabled) return NO_MAIL
    const now = store.now()
    const row: MailRow = {
      id: store.newId(),
      kind,
      address,
      userId,
      data,
      createdAt: now,
      dueAt: now,
      attempts: 0,
      expiresAt: new Date(now.getTime() + lifetimeMs),
      lastError: null,
      givenUpAt: null
    }
    return { ...insert.bind(row), onCommitted: notifyListeners }
  }

  return { bindMail }
}

export type Outbox = ReturnType<typeof createOutbox>
