import type { SQL } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Tally } from '../counters.ts'
import type { InTurn } from './long-reads.ts'
import type { ReadByIds } from './read-batches.ts'
import type { Tables } from './schema.ts'

/** What features may do with the database. A transaction is not among it: each write is one statement. */
export type Queries = Pick<NodePgDatabase, 'select' | 'insert' | 'update' | 'delete'>

/** The values of a statement's placeholders. */
export type Values = Record<string, unknown>

/** The values of a query that is of one user. */
export type LongValues = Values & { readonly userId: string }

/** The rows of a step. */
export type Found = readonly unknown[]

/** A statement with its values, to be run. */
export interface Step<Rows = unknown> {
  readonly name: string
  /** @param before the rows of the steps before it in its transaction */
  readonly run: (before: readonly Found[]) => Rows | Promise<Rows>
  /** Set where the transaction must not take effect unless this step has found a row. */
  readonly isRequired?: boolean
  /** Set where the step must take effect even if the disk is full. */
  readonly isUrgent?: boolean
}

/** The same step, without a row of which nothing of its transaction takes effect. */
export const required = <Rows>(step: Step<Rows>): Step<Rows> => ({ ...step, isRequired: true })

/** The same step, for which an engine that keeps room on its disk gives that away: an end of a session, say. */
export const urgent = <Rows>(step: Step<Rows>): Step<Rows> => ({ ...step, isUrgent: true })

/** A required step found no row, so its transaction was undone. */
export class StepMissed extends Error {
  readonly step: Step

  constructor(step: Step) {
    super(`${step.name} found no row`)
    this.step = step
  }
}

/**
 * Hands on the rows of a step.
 * @throws {StepMissed} when there are none, though the step is required
 */
export function found<Rows>(step: Step<Rows>, rows: Rows): Rows {
  if (step.isRequired && (rows as unknown[]).length === 0) throw new StepMissed(step)
  return rows
}

/** A query, as Drizzle builds it. */
export interface Builder {
  prepare(name: string): { execute(values?: Values): Promise<unknown> }
}

/** A query that an engine has prepared. It throws what the driver does. */
export interface Prepared {
  /** Runs it by itself; what it has written is on disk when this resolves. */
  readonly execute: (values?: Values) => Promise<unknown>
  /**
   * Runs a query whose cost grows with how many todos the user has who is given as `userId`: beside what others ask for,
   * where the engine can, and after that user's others.
   * @throws {Problem} `rate_limited` when too many of the user's wait already
   */
  readonly executeLong: (values: LongValues) => Promise<unknown>
  /** Runs it within a transaction. */
  readonly run: (values?: Values) => unknown
}

/** The rows of each step. */
export type RowsOf<Steps extends readonly Step[]> = {
  [Index in keyof Steps]: Steps[Index] extends Step<infer Rows> ? Rows : never
}

/** What is searched for: some terms as they are, others by how they begin, of which one of several is enough. */
export interface Wanted {
  readonly whole: readonly string[]
  readonly beginnings: readonly (readonly string[])[]
}

/** How an engine finds todos that have all of some terms. */
export interface Search {
  /** A condition on todos; the user is given as `userId`, the terms by `valuesOf`. */
  readonly condition: SQL
  /** The same without an index, for todos that are few. */
  readonly rowCondition: SQL
  readonly valuesOf: (wanted: Wanted) => Values
  /** To be called before a search of the user's todos. */
  readonly settle: (userId: string) => Promise<void>
}

/** What was opened, for people to see whether it is what they meant. */
export interface Opened {
  /** The file, or the server and the name of the database there. */
  readonly database: string
  /** Whether there was nothing in it. */
  readonly isNew: boolean
}

/** What is known of the writes that are done in slices. */
export interface Slicing {
  /** Whether a user has so many todos that a write to all of them is to be done in slices. */
  readonly isFor: (userId: string) => boolean
  /** The user's last such write: what names it, and whether it is done. */
  readonly lastOf: (userId: string) => { readonly revision: string; readonly isDone: boolean } | undefined
}

/** A database of either kind, open. */
export interface Engine {
  readonly opened: Opened
  readonly db: Queries
  readonly tables: Tables
  /**
   * A reading of a session and its user that yields at any time what is so then: from memory where the engine can tell,
   * together with others where that spares round trips.
   * @param read reads them by the ids of the sessions
   */
  readonly remembered: <Value>(read: ReadByIds<Value>) => (id: string) => Promise<Value | undefined>
  /** The same of what is read of a user's todos, by what of them it is. Long texts are read each time. */
  readonly rememberedText: <Value extends { readonly text: string }>(
    userId: string,
    what: string,
    read: () => Promise<Value>
  ) => Promise<Value>
  /** @param name what the database knows the query by */
  readonly prepare: (builder: Builder, name: string) => Prepared
  /**
   * Runs statements in one transaction, in their order: all take effect or none. What depends on an earlier one says so
   * in its condition, or has its values made from the rows of that one.
   * @returns the rows of each
   * @throws {StatementFailed} when one failed
   * @throws {StepMissed} when one that is required found no row
   */
  readonly atomically: <Steps extends readonly Step[]>(...steps: Steps) => Promise<RowsOf<Steps>>
  /** Finds todos by their terms, with an index. */
  readonly search: Search
  /** Does what takes the longer the more todos a user has after that user's other such work. */
  readonly inTurn: InTurn
  /** How writes to very many todos of a user are kept from holding up others; absent where they never do. */
  readonly slicing?: Slicing
  /**
   * Rids the files of what was deleted, in small slices, where the database leaves that to us. What cannot be done now, as
   * somebody else reads, is left to the next time.
   */
  readonly scrub?: () => Promise<void>
  /** Resolves when the database answers a query, rejects when it does not. */
  readonly ping: () => Promise<void>
  /** Resolves when a write of some size takes effect, which leaves nothing behind; rejects when it does not. */
  readonly probe: () => Promise<void>
  readonly close: () => Promise<void>
  /** Each `write`, and each `commit` that some of them shared, where they do. */
  readonly writes?: Tally
  /** The connections to a server, where there is one. */
  readonly connections?: () => Connections
}

/** How many connections there are, how many of them have nothing to do, and how many requests wait for one. */
export interface Connections {
  readonly open: number
  readonly idle: number
  readonly waiting: number
}

/** Where an engine tells what it waits for, and what it lost. */
export interface Log {
  readonly warn: (message: string) => void
}
