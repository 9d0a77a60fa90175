/** What to look at in a database. */
export interface Questions {
  /** A table that is written often, by whose ids the last time is known. */
  readonly datedTable: string
  /** A query whose rows are groups. */
  readonly groups: string
}

/** How many rows have something in common. */
export interface Group {
  readonly name: string
  readonly count: number
}

/** What a look at a database tells, without changing anything in it. */
export interface Inspection {
  /** The engine and its version. */
  readonly version: string
  /** Migrations that it lacks. */
  readonly pendingMigrations: number
  /** When the latest row of a table was written, by the clock of the service then. */
  readonly latestWrite: Date | undefined
  /** The rows of the query that was asked besides; none while migrations are pending. */
  readonly groups: readonly Group[]
  /** The time of the server, where that has a clock of its own. */
  readonly clock?: Date
  /** The connections that the server grants to all its users together, superusers apart, where it does. */
  readonly connections?: number
}

/** When a row was made, as its id (a UUIDv7) tells. */
export const toCreationTime = (id: unknown): Date | undefined =>
  id ? new Date(Number.parseInt(`${id}`.replace('-', '').slice(0, 12), 16)) : undefined
