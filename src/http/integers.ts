/** Decimal digits without leading zeros, after at most a minus. */
const INTEGER = /^(0|-?[1-9]\d*)$/

/** Converts a text to an integer; undefined for any other text, such as `1e3`, `0x10` or `007`. */
export const toInteger = (text: string): number | undefined => (INTEGER.test(text) ? Number(text) : undefined)
