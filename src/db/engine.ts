import type { SQL } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Tally } from '../process/counters.ts'
import type { KeyedQueue } from '../process/keyed-queue.ts'
import type { ReadByIds } from './read-batches.ts'
import type { Tables } from './schema.ts'

/** What features may do with the database. A transaction is not among it: each write is one statement. */
export type Queries = Pick<NodePgDatabase, 'select' | 'insert' | 'update' | 'delete'>

/** The most long reads and writes of one user that wait for their turn. */
export const MAX_WAITING_PER_USER = 50

/** The values of a statement's placeholders. */
export type Params = Record<string, unknown>

/** The values of a query that is of one user. */
export type UserParams = Params & { readonly userId: string }

/** The rows of a step. */
export type Rows = readonly unknown[]

/** A statement with its values, to be run. */
export interface BoundStatement<Result = unknown> {
  readonly name: string
  /** @param earlierRows the rows of the steps before it in its transaction */
  readonly run: (earlierRows: readonly Rows[]) => Result | Promise<Result>
  /** Set where the transaction must not take effect unless this step has found a row. */
  readonly mustAffectRow?: boolean
  /** Set where the step must take effect even if the disk is full. */
  readonly mayUseReserve?: boolean
}

/** The same step, without a row of which nothing of its transaction takes effect. */
export const mustAffectRow = <Result>(statement: BoundStatement<Result>): BoundStatement<Result> => ({
  ...statement,
  mustAffectRow: true
})

/** The same step, for which an engine that keeps room on its disk gives that away: an end of a session, say. */
export const mayUseReserve = <Result>(statement: BoundStatement<Result>): BoundStatement<Result> => ({
  ...statement,
  mayUseReserve: true
})

/** A required step found no row, so its transaction was undone. */
export class NoRowAffected extends Error {
  readonly statement: BoundStatement

  constructor(statement: BoundStatement) {
    super(`${statement.name} found no row`)
    this.statement = statement
  }
}

/**
 * Hands on the rows of a step.
 * @throws {NoRowAffected} when there are none, though the step is required
 */
export function assertAffected<Result>(statement: BoundStatement<Result>, rows: Result): Result {
  if (statement.mustAffectRow && (rows as unknown[]).length === 0) throw new NoRowAffected(statement)
  return rows
}

/** A query, as Drizzle builds it. */
export interface QueryBuilder {
  prepare(name: string): { execute(params?: Params): Promise<unknown> }
}

/** A query that an engine has prepared. It throws what the driver does. */
export interface PreparedQuery {
  /** Runs it by itself; what it has written is on disk when this resolves. */
  readonly execute: (params?: Params) => Promise<unknown>
  /**
   * Runs a query whose cost grows with how many todos the user has who is given as `userId`: beside what others ask for,
   * where the engine can, and after that user's others.
   * @throws {Problem} `rate_limited` when too many of the user's wait already
   */
  readonly executeLong: (params: UserParams) => Promise<unknown>
  /** Runs it within a transaction. */
  readonly run: (params?: Params) => unknown
}

/** The rows of each step. */
export type ResultsOf<Statements extends readonly BoundStatement[]> = {
  [Index in keyof Statements]: Statements[Index] extends BoundStatement<infer Result> ? Result : never
}

/** What is searched for: some terms as they are, others by how they begin, of which one of several is enough. */
export interface SearchTerms {
  readonly exactTerms: readonly string[]
  readonly prefixTerms: readonly (readonly string[])[]
}

/** How an engine finds todos that have all of some terms. */
export interface Search {
  /** A condition on todos; the user is given as `userId`, the terms by `valuesOf`. */
  readonly condition: SQL
  /** The same without an index, for todos that are few. */
  readonly unindexedCondition: SQL
  readonly toParams: (terms: SearchTerms) => Params
  /** To be called before a search of the user's todos. */
  readonly catchUpIndex: (userId: string) => Promise<void>
}

/** What was opened, for people to see whether it is what they meant. */
export interface DatabaseInfo {
  /** The file, or the server and the name of the database there. */
  readonly database: string
  /** Whether there was nothing in it. */
  readonly isNew: boolean
}

/** What is known of the writes that are done in slices. */
export interface SlicedUpdates {
  /** Whether a user has so many todos that a write to all of them is to be done in slices. */
  readonly isNeeded: (userId: string) => boolean
  /** The user's last such write: what names it, and whether it is done. */
  readonly findLatest: (userId: string) => { readonly revision: string; readonly isDone: boolean } | undefined
}

/** A database of either kind, open. */
export interface Engine {
  readonly databaseInfo: DatabaseInfo
  readonly db: Queries
  readonly tables: Tables
  /**
   * A reading of a session and its user that yields at any time what is so then: from memory where the engine can tell,
   * together with others where that spares round trips.
   * @param read reads them by the ids of the sessions
   */
  readonly cached: <Value>(read: ReadByIds<Value>) => (id: string) => Promise<Value | undefined>
  /** The same of what is read of a user's todos, by what of them it is. Long texts are read each time. */
  readonly cachedText: <Value extends { readonly text: string }>(
    userId: string,
    key: string,
    read: () => Promise<Value>
  ) => Promise<Value>
  /** @param name what the database knows the query by */
  readonly prepare: (builder: QueryBuilder, name: string) => PreparedQuery
  /**
   * Runs statements in one transaction, in their order: all take effect or none. What depends on an earlier one says so
   * in its condition, or has its values made from the rows of that one.
   * @returns the rows of each
   * @throws {StatementFailed} when one failed
   * @throws {NoRowAffected} when one that is required found no row
   */
  readonly atomically: <Statements extends readonly BoundStatement[]>(
    ...statements: Statements
  ) => Promise<ResultsOf<Statements>>
  /** Finds todos by their terms, with an index. */
  readonly search: Search
  /** Does what takes the longer the more todos a user has after that user's other such work. */
  readonly queueForUser: KeyedQueue
  /** How writes to very many todos of a user are kept from holding up others; absent where they never do. */
  readonly slicedUpdates?: SlicedUpdates
  /**
   * Rids the files of what was deleted, in small slices, where the database leaves that to us. What cannot be done now, as
   * somebody else reads, is left to the next time.
   */
  readonly eraseDeleted?: () => Promise<void>
  /** Resolves when the database answers a query, rejects when it does not. */
  readonly ping: () => Promise<void>
  /** Resolves when a write of some size takes effect, which leaves nothing behind; rejects when it does not. */
  readonly probeWrite: () => Promise<void>
  readonly close: () => Promise<void>
  /** Each `write`, and each `commit` that some of them shared, where they do. */
  readonly writeCounts?: Tally
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
export interface Logger {
  readonly warn: (message: string) => void
}
