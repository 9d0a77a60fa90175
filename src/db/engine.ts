import type { Placeholder, SQL, SQLWrapper, Table } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Broadcast, BroadcastListener } from '../cluster/broadcast.ts'
import type { Tally } from '../process/counters.ts'
import type { KeyedQueue } from '../process/keyed-queue.ts'
import type { BoundStatement, ResultsOf } from './bound-statement.ts'
import type { ColumnKit } from './columns.ts'
import type { ReadByIds } from './read-batches.ts'

/** A write that precedes another one in its transaction, and the value that the other one uses. */
export interface PrecedingWrite {
  /** Writes one row and returns one column of it. */
  readonly query: QueryBuilder & SQLWrapper
  /** The name of that column. */
  readonly column: string
  /** A query of the same value, for an engine that runs the two writes one after the other. */
  readonly value: SQL
}

/** Writes that another write precedes. */
export interface PrecededWrites {
  /** What the writes are built with, and the selections in them. */
  readonly db: Queries
  /** The value of the preceding write, for use in them. */
  readonly value: SQL
  /** Prepares the preceding write and this one, to run within a transaction. */
  readonly prepare: (builder: QueryBuilder, name: string) => Pick<PreparedQuery, 'run'>
}

/** What features may do with the database. Transactions are not among it: see `atomically`. */
export type Queries = Pick<NodePgDatabase, 'select' | 'insert' | 'update' | 'delete'>

/** The most long reads and writes of one user that wait for their turn. */
export const MAX_WAITING_PER_USER = 50

/** The values of a statement's placeholders. */
export type Params = Record<string, unknown>

/** The values of a query about one user. */
export type UserParams = Params & { readonly userId: string }

/** A query, as Drizzle builds it. */
export interface QueryBuilder {
  prepare(name: string): { execute(params?: Params): Promise<unknown> }
}

/** A query that an engine has prepared. It throws what the driver throws. */
export interface PreparedQuery {
  /** Runs the query by itself. What it has written is on disk when the result is there, now or by a promise. */
  readonly execute: (params?: Params) => unknown
  /**
   * Runs a query whose cost grows with how many rows the user has in a table: beside what others ask for, where the engine
   * can, and after that user's others.
   * @param owner the column of the table that names the user
   * @throws {Problem} `rate_limited` when too many of the user's wait already
   */
  readonly executeLong: (params: UserParams, owner: PgColumn) => unknown
  /** Runs the query within a transaction. */
  readonly run: (params?: Params) => unknown
}

/** What is searched for: some terms as they are, others by how they begin, of which one of several is enough. */
export interface SearchTerms {
  readonly exactTerms: readonly string[]
  readonly prefixTerms: readonly (readonly string[])[]
}

/** The columns of a table that is searched. Its migration makes the index. */
export interface SearchedColumns {
  /** The number by which the index knows a row. */
  readonly seq: PgColumn
  /** The terms of a row, separated by spaces. */
  readonly terms: PgColumn
}

/** How an engine finds the rows that have all of some terms. */
export interface Search {
  /** A condition on rows; its values are the user as `userId`, and what `toParams` gives. */
  readonly condition: SQL
  /** The same condition without the index, for few rows. */
  readonly unindexedCondition: SQL
  readonly toParams: (terms: SearchTerms) => Params
  /** To be called before a search of a user's rows. */
  readonly catchUpIndex: (userId: string) => Promise<void>
}

/** The elements of a JSON array as rows of a statement. */
export interface JsonElements {
  /** The rows, to select from. */
  readonly rows: SQL
  /** An element that is a text. It is compared by its bytes. */
  readonly text: SQL<string>
  /** A member of an element that is an object, as text. */
  readonly member: (name: string) => SQL<string>
}

/** Writes that make cached values outdated. */
export interface Invalidation {
  readonly table: Table
  readonly on: readonly ('insert' | 'update' | 'delete')[]
  /** The column of the written row that holds the id of the outdated values. Without it, all values are outdated. */
  readonly id?: PgColumn
}

/** What was opened, for people to see whether it is what they meant. */
export interface DatabaseInfo {
  /** The file, or the server and the name of the database there. */
  readonly database: string
  /** Whether there was nothing in it. */
  readonly isNew: boolean
}

/** A database of either kind, open. */
export interface Engine {
  readonly databaseInfo: DatabaseInfo
  readonly db: Queries
  /** The kinds of column of the engine, of which a feature has its tables made. */
  readonly kit: ColumnKit
  /**
   * Makes a reading by id that always gives the present value: from a cache where the engine knows when a value is
   * outdated, else together with other readings to save round trips.
   * @param read reads values by their ids
   * @param invalidations all writes that change a value
   * @param maxIds the most ids that `read` takes, `MAX_IDS` unless told otherwise
   * @returns the reading, which gives a cached value at once: a promise would take longer than the value
   */
  readonly cached: <Value>(
    read: ReadByIds<Value>,
    invalidations: readonly Invalidation[],
    maxIds?: number
  ) => (id: string) => Value | Promise<Value | undefined>
  /** @param name what the database knows the query by */
  readonly prepare: (builder: QueryBuilder, name: string) => PreparedQuery
  /** The number that a new row gets in a column of the kind `sequence`, where the row is selected and not given. */
  readonly nextValue: (column: PgColumn) => SQL<number>
  /**
   * Makes writes that another write precedes. On a server the two are one statement, and so one round trip. Should the second
   * one affect no row, the first one takes effect all the same.
   */
  readonly precede: (first: PrecedingWrite) => PrecededWrites
  /**
   * Runs statements in one transaction, in their order: all take effect or none. A statement that depends on an earlier one
   * says so in its condition, or has its values made from the rows of that one.
   * @returns the rows of each statement
   * @throws {StatementError} when a statement failed
   * @throws {NoRowAffected} when a statement that must affect a row affected none
   */
  readonly atomically: <Statements extends readonly BoundStatement[]>(
    ...statements: Statements
  ) => Promise<ResultsOf<Statements>>
  /** Makes a search of a table by the terms of its rows, with an index. */
  readonly createSearch: (columns: SearchedColumns) => Search
  /** Makes rows of the elements of a JSON array: of a column, or of a parameter. */
  readonly jsonElements: (array: SQLWrapper | Placeholder) => JsonElements
  /** Does work that takes the longer the more rows a user has, after that user's other such work. */
  readonly queueForUser: KeyedQueue
  /**
   * Whether a user has so many rows that a write to all of them would hold up others. Absent where it never would.
   * @param owner the column of the table that names the user
   */
  readonly hasManyRows?: (owner: PgColumn, userId: string) => boolean
  /**
   * Erases from the files what was deleted, in small slices, where the database leaves that to the service. What cannot be
   * done now, because somebody else reads, is left to the next time.
   */
  readonly eraseDeleted?: () => Promise<void>
  /** Resolves when the database answers a query, rejects when it does not. */
  readonly ping: () => Promise<void>
  /** Resolves when a write of some size takes effect, rejects when it does not. The write leaves nothing behind. */
  readonly probeWrite: () => Promise<void>
  readonly close: () => Promise<void>
  /** How many writes (`write`) shared how many commits (`commit`), where they share them. */
  readonly writeCounts?: Tally
  /**
   * Opens a broadcast to all other processes on the database, where the database passes messages on.
   * @param random from 0 to 1, so that pauses between attempts differ
   */
  readonly openBroadcast?: (listener: BroadcastListener, random: () => number) => Broadcast
  /** The connections to a server, where there is one. */
  readonly connections?: () => Connections
}

/** How many connections there are, how many of them have nothing to do, and how many requests wait for one. */
export interface Connections {
  readonly open: number
  readonly idle: number
  readonly waiting: number
}

/** Where an engine reports what it waits for, and what it lost. */
export interface Logger {
  readonly warn: (message: string) => void
}
