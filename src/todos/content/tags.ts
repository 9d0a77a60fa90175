/** A longer text, in UTF-16 code units, is no tag in any form, and could take long to normalize. */
const MAX_NORMALIZED_LENGTH = 1000

/** The canonical form of a tag (NFC; Unicode Standard Annex 15): canonically equal texts are one tag. */
export const normalizeTag = (tag: string): string =>
  tag.length <= MAX_NORMALIZED_LENGTH ? tag.normalize('NFC') : tag
