/** A longer text, in UTF-16 code units, is no tag in any form; to normalize it could take long. */
const MAX_NORMALIZED_LENGTH = 1000

/** The one form of tags that are canonically equal (Unicode Standard Annex 15), and so are one tag. */
export const normalizeTag = (tag: string): string =>
  tag.length <= MAX_NORMALIZED_LENGTH ? tag.normalize('NFC') : tag
