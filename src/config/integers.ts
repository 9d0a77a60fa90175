/** A whole number as people write it: no sign in front but a minus, no zeros in front, no exponent, no other base. */
const INTEGER = /^(0|-?[1-9]\d*)$/

/** The whole number that a text from outside is (a parameter, a setting), undefined if it is none. */
export const toInteger = (text: string): number | undefined => (INTEGER.test(text) ? Number(text) : undefined)
