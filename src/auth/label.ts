import { Type } from '@sinclair/typebox'

/**
 * Marks that turn the direction of writing. In a mail that tells of a name they could make its sentence read as another one.
 */
const DIRECTION_MARKS = '\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069'

/** A name that a user gives to something of the account, which the user's mails repeat. */
export const createLabelSchema = (maxLength: number, options: { examples?: readonly string[] } = {}) =>
  Type.String({
    format: 'line',
    // The limit counts no white space at the ends, which the service removes.
    pattern: `^(?![\\s\\S]*[${DIRECTION_MARKS}])\\s*\\S([\\s\\S]{0,${maxLength - 2}}\\S)?\\s*$`,
    description:
      `a text of 1 to ${maxLength} characters, not counting white space around it, without marks that turn the direction of ` +
      'writing',
    ...options
  })
