import { DrizzleQueryError } from 'drizzle-orm'
import { type BoundStatement, NoRowAffected } from './bound-statement.ts'

/** A database that must not be used as it is. The message is one line, fit for a terminal. */
export class DatabaseError extends Error {}

/**
 * A statement that the database did not carry out. Of the driver's error only the code and the message are kept: its
 * other properties, and Drizzle's message, quote the values, hashes of passwords among them.
 */
export class StatementError extends Error {
  readonly code: string | undefined
  readonly isUnavailable: boolean

  constructor(statement: string, error: unknown) {
    const cause = getDriverError(error)
    const { code, message } = cause as NodeJS.ErrnoException
    // Of all classes of SQLSTATE, the data exceptions quote a value in the message itself.
    super(`${statement}: ${String(code).startsWith('22') ? `data exception ${code}` : message}`)
    this.code = code
    this.isUnavailable = isOutage(cause)
  }
}

/** The error of a transaction: what the database did not carry out, by the names of its statements, or that a row was missing. */
export const toTransactionError = (statements: readonly BoundStatement[], error: unknown): unknown =>
  error instanceof NoRowAffected
    ? error
    : new StatementError(statements.map(({ name }) => name).join(' + '), error)

/** What the driver has said. */
const getDriverError = (error: unknown): unknown => (error instanceof DrizzleQueryError ? error.cause : error)

/** Codes of SQLite, of PostgreSQL (SQLSTATE, appendix A of its manual) and of Node's sockets. */
const UNAVAILABLE_CODES = new RegExp(
  `^(${[
    'SQLITE_(BUSY|LOCKED|FULL|READONLY|IOERR|CANTOPEN).*',
    '08...', // connection exceptions
    '25006', // read-only: a standby, or a primary that has just become one
    '25P0[34]', // cut off while idle in a transaction, or a transaction of too long
    '40...', // rolled back for the sake of another: a deadlock
    '53...', // no connection, memory or disk left
    '55P03', // a lock was not to be had in time
    '57P0[1-5]', // shut down, crashed, starting up, dropped, idle for too long
    '57014', // a statement of too long
    '58...', // errors of the system below
    'E(?!RR_)[A-Z_]+' // errors of the system; ERR_ is for errors of the program
  ].join('|')})$`
)

/** Of those, that reads are served and writes are not: there is no room, or no right to write, or the disk is at fault. */
const WRITE_FAULT_CODES = /^(SQLITE_(FULL|READONLY|IOERR|CANTOPEN).*|25006|53100|58030)$/

/**
 * Those that more room can mend. A used-up quota is an error of writing. (Not IOERR_FSYNC: after a failed fsync, what was
 * written may be gone though the next fsync succeeds.)
 */
const NO_SPACE_CODES = ['SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_SHMSIZE']

/** A row refers to a row that is not there. All such references are to the owner of a row. */
const FOREIGN_KEY_CODES = ['SQLITE_CONSTRAINT_FOREIGNKEY', '23503']

/** What node-postgres says, without a code, of a connection that it lost or could not have in time. */
const LOST_CONNECTION_MESSAGES =
  /^(timeout exceeded when trying to connect|timeout expired|Query read timeout|Connection terminated|Client has encountered a connection error|Cannot use a pool after|The database connection is not open)/

/** Whether PostgreSQL has undone a transaction because it and another one waited for each other. */
export const isDeadlock = (error: unknown): boolean =>
  (getDriverError(error) as NodeJS.ErrnoException).code === '40P01'

/** Whether a driver's error means that the database cannot be written to, which concerns all writes. */
export const isWriteFault = (error: unknown): boolean =>
  WRITE_FAULT_CODES.test((getDriverError(error) as NodeJS.ErrnoException).code ?? '')

/** Whether a driver's error of SQLite means that the disk has no room. */
export const isOutOfSpace = (error: unknown): boolean =>
  NO_SPACE_CODES.includes((getDriverError(error) as NodeJS.ErrnoException).code ?? '')

/** Whether a driver's error means that the database, rather than the program, is at fault. */
export function isOutage(error: unknown): boolean {
  const { code = '', message } = error as NodeJS.ErrnoException
  return UNAVAILABLE_CODES.test(code) || LOST_CONNECTION_MESSAGES.test(message)
}

/**
 * Whether a request failed for want of the database: it is not there, is full, has cut the connection or took too long.
 * Another try may do. The statement may yet have been carried out, when it was its answer that got lost.
 */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof StatementError && error.isUnavailable

/** Whether a row was refused because its owner is gone. */
export const isForeignKeyViolation = (error: unknown): boolean =>
  error instanceof StatementError && FOREIGN_KEY_CODES.includes(String(error.code))
