import { type Problem, validationFailed } from './problem.ts'

const list = new Intl.ListFormat('en-GB', { type: 'conjunction' })

/** The problem of a body with none of several members, or with more than one of them. */
export const needsExactlyOne = (names: readonly string[]): Problem =>
  validationFailed({ pointer: '', detail: `needs exactly one of ${list.format(names)}` })
