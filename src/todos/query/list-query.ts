import { Type } from '@sinclair/typebox'
import { InstantText, StringEnum, type Value } from '../../http/schemas/types.ts'
import { Priority, Tag } from '../content/content.ts'
import { DueBound } from '../content/due.ts'
import { MAX_TAGS } from '../limits.ts'
import { sorts } from './sort.ts'

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

const deleted = Type.Optional(
  Type.Boolean({ description: 'true or false; true for the todos in the trash instead' })
)

const Filter = Type.Object({ ...filterFields, deleted })
/** Which todos; without a condition, the whole list. */
export type Filter = Value<typeof Filter>

/** What a request for a list says, beside the page. */
export const listFields = {
  sort: Type.Optional(
    StringEnum(sorts, {
      default: 'position',
      description: `one of ${sorts.join(', ')}; - is the other way round`
    })
  ),
  ...filterFields,
  deleted,
  count: Type.Optional(
    Type.Boolean({ description: 'true or false; true for `total`, which takes as long as there are many' })
  )
}

const ListFields = Type.Object(listFields)
export type ListQuery = Value<typeof ListFields> & { readonly limit: number; readonly cursor?: string }
