import { Type } from '@sinclair/typebox'
import { MAX_TAGS } from '../../config/limits.ts'
import { InstantText, type Value } from '../../http/schemas/types.ts'
import { Priority, Tag } from '../content/content.ts'
import { DueBound } from '../content/due.ts'

/** The longest search, in characters. */
export const MAX_SEARCH_LENGTH = 200

/** The conditions of a filter, of which a todo must meet all. Bounds are exclusive. */
export const filterFields = {
  done: Type.Optional(Type.Boolean({ description: 'true or false' })),
  tag: Type.Optional(
    Type.Array(Tag, {
      maxItems: MAX_TAGS,
      canonicalTags: true,
      description: 'a tag that the todos have; all of them, where there are several'
    })
  ),
  priority: Type.Optional(Priority),
  dueBefore: Type.Optional(DueBound),
  dueAfter: Type.Optional(DueBound),
  updatedAfter: Type.Optional(InstantText),
  q: Type.Optional(
    Type.String({
      format: 'text',
      maxLength: MAX_SEARCH_LENGTH,
      description: `a text of at most ${MAX_SEARCH_LENGTH} characters: words, or how they begin, in title or description`
    })
  )
}

/** The conditions of a list, which may be a list of the trash. */
export const listFilterFields = {
  ...filterFields,
  deleted: Type.Optional(
    Type.Boolean({ description: 'true or false; true for the todos in the trash instead' })
  )
}

const Filter = Type.Object(listFilterFields)
/** Which todos; without a condition, the whole list. */
export type Filter = Value<typeof Filter>
