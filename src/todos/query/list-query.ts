import { Type } from '@sinclair/typebox'
import { Id } from '../../http/schemas/id.ts'
import { InstantText, StringEnum, type Value } from '../../http/schemas/types.ts'
import type { FieldError } from '../../problems/problem.ts'
import { Priority, Tag } from '../content/content.ts'
import { DueBound, TimeZone } from '../content/due.ts'
import { MAX_TAGS } from '../limits.ts'
import { sorts } from './sort.ts'

/** The longest search, in characters. */
export const MAX_SEARCH_LENGTH = 200

/** The most lists of a filter. */
export const MAX_LISTS_IN_FILTER = 20

/** The todos that are in no list. */
export const INBOX_REF = 'inbox'
/** The todos that are nobody's subtask. */
export const NO_PARENT_REF = 'none'
export const ListRef = Type.Union([Type.Literal(INBOX_REF), Id], {
  description: 'the id of a list, or inbox'
})
const ParentRef = Type.Union([Type.Literal(NO_PARENT_REF), Id], {
  description: "the id of a todo, for its subtasks, or none, for todos that are nobody's subtask"
})

// Has no example: Swagger UI would send it without `overdue`.
const { examples: _, ...TimeZoneOfAsker } = TimeZone

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
  list: Type.Optional(
    Type.Array(ListRef, {
      minItems: 1,
      maxItems: MAX_LISTS_IN_FILTER,
      description: `the id of a list, or inbox; one of them, where there are several, at most ${MAX_LISTS_IN_FILTER}`
    })
  ),
  parent: Type.Optional(ParentRef),
  priority: Type.Optional(Priority),
  due: Type.Optional(
    StringEnum(['none'], {
      description: 'none, for todos without a due date (dueBefore and dueAfter select by date)'
    })
  ),
  dueBefore: Type.Optional(DueBound),
  dueAfter: Type.Optional(DueBound),
  // What is not overdue is not one selection: todos that are done, due later, or without a due date.
  overdue: Type.Optional(
    Type.Unsafe<true>({
      type: 'boolean',
      enum: [true],
      description: 'true, for open todos whose due date is past by calendar and clock in timeZone'
    })
  ),
  timeZone: Type.Optional(TimeZoneOfAsker),
  repeat: Type.Optional(
    Type.Boolean({ description: 'true or false; true for todos that repeat, false for the others' })
  ),
  updatedAfter: Type.Optional(InstantText),
  completedAfter: Type.Optional(InstantText),
  completedBefore: Type.Optional(InstantText),
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

/** What is wrong with a filter that its schema allows: `overdue` and `timeZone` go together. */
export function findFilterErrors({ overdue, timeZone }: Filter): FieldError[] {
  if (overdue && timeZone === undefined)
    return [{ parameter: 'timeZone', detail: 'is required with overdue' }]
  if (timeZone !== undefined && !overdue) return [{ parameter: 'timeZone', detail: 'goes with overdue only' }]
  return []
}

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
