import type { SQL } from 'drizzle-orm'

/** The elements of a JSON array as rows of a statement. */
export interface JsonElements {
  /** The rows, to select from. */
  readonly rows: SQL
  /** An element that is a text. It is compared by its bytes. */
  readonly text: SQL<string>
  /** A member of an element that is an object, as text. */
  readonly member: (name: string) => SQL<string>
}
