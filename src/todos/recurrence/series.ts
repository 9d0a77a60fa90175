import type { Due } from '../content/due.ts'

/** What is known of a series of occurrences, beside its rule. */
export interface Series {
  /** The due date with which the series began: its day, and its time where it has one. */
  readonly start: Due
  /** The day of the present occurrence, which stays when its date is moved. */
  readonly current: string
  /** The last day of a rule with an end, where dates follow the rule; null where there is none. */
  readonly last: string | null
  /** How many occurrences are left, the present one included, where they are counted by completion; null where they are not. */
  readonly remaining: number | null
}
