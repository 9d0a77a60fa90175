import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Tables } from './schema.ts'

/** What features may do with the database. A transaction is not among it: each write is one statement. */
export type Queries = Pick<NodePgDatabase, 'select' | 'insert' | 'update' | 'delete'>

/** The values of a statement's placeholders. */
export type Values = Record<string, unknown>

/** A statement with its values, to be run. */
export interface Step<Rows = unknown> {
  readonly name: string
  readonly run: () => Promise<Rows>
}

/** The rows of each step. */
export type RowsOf<Steps extends readonly Step[]> = {
  [Index in keyof Steps]: Steps[Index] extends Step<infer Rows> ? Rows : never
}

/** A database of either kind, open. */
export interface Engine {
  readonly db: Queries
  readonly tables: Tables
  /**
   * Runs statements in one transaction, in their order: all take effect or none. None sees the rows of another; what
   * depends on an earlier one says so in its condition.
   * @returns the rows of each
   */
  readonly atomically: <Steps extends readonly Step[]>(...steps: Steps) => Promise<RowsOf<Steps>>
  /** Resolves when the database answers a query, rejects when it does not. */
  readonly ping: () => Promise<void>
  readonly close: () => Promise<void>
}

/** Where an engine tells what it waits for, and what it lost. */
export interface Log {
  readonly warn: (message: string) => void
}
