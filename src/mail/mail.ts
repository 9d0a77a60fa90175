import type { MailConfig } from '../config/mail-settings.ts'
import type { Store } from '../db/store.ts'
import type { DeriveKeys } from '../process/derived-keys.ts'
import type { MailRow } from './tables.ts'

/** A mail as it goes out. Its `id` is the Message-ID, whose domain is that of the sender. */
export interface Message {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** What a mail says, to whom. */
export type MailContent = Omit<Message, 'id'>

/** What mails are composed from. */
export interface MailServices {
  readonly store: Store
  readonly mail: MailConfig
  /** The name of the application, for people. */
  readonly appName: string
  readonly deriveKeys: DeriveKeys
}

/**
 * Composes a mail at the moment when it is sent, with its links and codes.
 * @returns undefined when there is nothing to tell, or nobody: then the mail is dropped
 */
export type ComposeMail = (mail: MailRow) => Promise<MailContent | undefined>

/** The kinds of mail that a feature sends, by their names. */
export type MailComposers = Readonly<Record<string, ComposeMail>>

/** A way for mails to leave the service. */
export interface MailTransport {
  /**
   * Sends a message.
   * @returns where the message went, for the log; undefined when the log need not say
   * @throws {MailError}
   */
  readonly send: (message: Message) => Promise<string | undefined>
  /** @throws {MailError} when no message could be sent now */
  readonly verify: () => Promise<void>
  readonly close: () => void
}

/** A message that did not go out. The message of the error fits a terminal and the log: one line without secrets. */
export class MailError extends Error {
  /** Whether another attempt is of no use: the server has refused the message for good. */
  readonly isPermanent: boolean

  constructor(message: string, isPermanent: boolean) {
    super(message)
    this.isPermanent = isPermanent
  }
}
