import type { Config } from './config/config.ts'
import type { Store } from './db/store.ts'
import type { TableDefinition, Tables } from './db/tables.ts'
import type { FindSignsOfUse } from './jobs/clock-check.ts'
import type { RetentionRule } from './jobs/janitor.ts'
import type { MailComposers, MailServices } from './mail/mail.ts'
import type { ProblemCode } from './problems/problem.ts'
import type { ProblemType } from './problems/problem-type.ts'
import type { CounterDefinition } from './process/counters.ts'
import type { ChangeSource } from './sync/change-source.ts'

/** What a feature brings, for the foundation to loop over. */
export interface Feature {
  readonly problems: Partial<Record<ProblemCode, ProblemType>>
  readonly tables: TableDefinition<Tables>
  /** The names of the tables that tell of work under way in one database, and mean nothing in another. */
  readonly transientTables?: readonly string[]
  /** Does the work that was begun and is told of in the database, as after a crash. */
  readonly finishPendingWork?: (store: Store) => Promise<void>
  /** Ends the work that goes on beside requests, before the store closes. What is left is done after the next start. */
  readonly stopPendingWork?: (store: Store) => Promise<void>
  /** The most requests of a minute from one address, of each kind that has a limit of its own. */
  readonly requestsPerMinute?: Readonly<Record<string, number>>
  /** The largest body that its routes take unless they say otherwise, in bytes. */
  readonly maxBody?: number
  /** What the janitor removes. */
  readonly retention?: readonly RetentionRule[]
  /** What the changes of a user are read from. */
  readonly changeSources?: readonly ChangeSource[]
  /** When the feature was last used, as far as its rows tell. */
  readonly findSignsOfUse?: FindSignsOfUse
  /** Makes what composes the mails of the feature, by their kinds. */
  readonly createMails?: (services: MailServices) => MailComposers
  readonly counters?: readonly CounterDefinition[]
  /** Removes the rows of a user that are too many to go with the account in one statement. */
  readonly removeUserRows?: (store: Store, userId: string) => Promise<void>
  /** Gives the feature its settings for a store, before the first request. */
  readonly configure?: (store: Store, config: Config) => void
}
