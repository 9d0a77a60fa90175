import { type TSchema, Type } from '@sinclair/typebox'
import type { Due, DuePatch } from '../../src/todos/due.ts'
import { type Priority, priorities } from '../../src/todos/todo.ts'

export const MAX_TITLE = 500
export const MAX_DESCRIPTION = 16_384
export const MAX_TAGS = 20
export const MAX_TAG = 50
/** The longest search, in characters. */
export const MAX_SEARCH = 200

export const Title = Type.String({
  format: 'line',
  // White space around it is removed before it is counted.
  pattern: `^\\s*\\S([\\s\\S]{0,${MAX_TITLE - 2}}\\S)?\\s*$`,
  description: `a text of 1 to ${MAX_TITLE} characters, not counting white space around it`,
  examples: ['Buy milk']
})

export const Description = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  format: 'text',
  maxLength: MAX_DESCRIPTION,
  default: null,
  description: `a text of at most ${MAX_DESCRIPTION} characters, or null for none`,
  examples: ['Oat, not cow']
})

export const Done = Type.Boolean({ default: false, description: 'true or false' })

const Day = Type.String({
  format: 'date',
  description: 'a day such as 2026-03-29',
  examples: ['2026-03-29']
})
const LocalDateTime = Type.String({
  format: 'local-date-time',
  description: 'a local time to the second such as 2026-03-29T09:00:00',
  examples: ['2026-03-29T09:00:00']
})
const TimeZone = Type.String({
  format: 'time-zone',
  description: 'the name of a time zone (IANA) such as Europe/Berlin',
  examples: ['Europe/Berlin']
})

const Strict = { additionalProperties: false }
const OnDay = Type.Object({ date: Day }, Strict)
const AtTime = Type.Object({ dateTime: LocalDateTime, timeZone: TimeZone }, Strict)

export const DueField = Type.Unsafe<Due | null>({
  anyOf: [OnDay, AtTime, Type.Null()],
  default: null,
  description:
    '{ date } with a day such as 2026-03-29, or { dateTime, timeZone } with a local time such as 2026-03-29T09:00:00 ' +
    'and a time zone (IANA) such as Europe/Berlin, or null for none',
  examples: [{ date: '2026-03-29' }]
})

const nullable = (schema: TSchema) => Type.Unsafe<string | null>({ ...schema, type: ['string', 'null'] })

/** What a merge patch may say of it (RFC 7396). */
export const DuePatchField = Type.Unsafe<DuePatch | null>({
  ...Type.Partial(
    Type.Object({ date: nullable(Day), dateTime: nullable(LocalDateTime), timeZone: nullable(TimeZone) }),
    Strict
  ),
  type: ['object', 'null'],
  description: 'the members of the due date to change, or null for none',
  examples: [{ date: '2026-03-29' }]
})

const priority = { type: 'string', enum: priorities, description: 'none, low, medium or high' }
export const PriorityField = Type.Unsafe<Priority>({ ...priority, default: 'none' })
export const PriorityPatchField = Type.Unsafe<Priority | null>({
  type: ['string', 'null'],
  enum: [...priorities, null],
  description: 'none, low, medium or high, or null for none'
})

export const Tag = Type.String({
  format: 'line',
  pattern: `^\\S([\\s\\S]{0,${MAX_TAG - 2}}\\S)?$`,
  description: `a text of 1 to ${MAX_TAG} characters, without white space around it`,
  examples: ['shopping']
})
const tagsDescription = `at most ${MAX_TAGS} different tags`
export const Tags = Type.Array(Tag, {
  maxItems: MAX_TAGS,
  canonicalTags: true,
  uniqueItems: true,
  default: [],
  description: `${tagsDescription}; their order does not matter`,
  examples: [['shopping']]
})
export const TagsPatchField = Type.Unsafe<string[] | null>({
  ...Tags,
  type: ['array', 'null'],
  description: `${tagsDescription}, or null for none`
})

/** A point in the order of due dates. */
export const DueBound = Type.String({
  format: 'day-or-local-date-time',
  description: 'a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00'
})

/** What the maker of a todo decides about it. */
export const content = {
  title: Title,
  description: Type.Optional(Description),
  done: Type.Optional(Done),
  due: Type.Optional(DueField),
  priority: Type.Optional(PriorityField),
  tags: Type.Optional(Tags)
}

/** What a merge patch may change (RFC 7396). */
export const changes = {
  title: Type.Optional(Title),
  description: Type.Optional(Description),
  done: Type.Optional(Done),
  due: Type.Optional(DuePatchField),
  priority: Type.Optional(PriorityPatchField),
  tags: Type.Optional(TagsPatchField)
}

/** Which todos: those that pass all of these. */
export const filters = {
  done: Type.Optional(Type.Boolean({ description: 'true or false' })),
  tag: Type.Optional(
    Type.Array(Tag, {
      maxItems: MAX_TAGS,
      canonicalTags: true,
      description: 'a tag that the todos have; all of them, where there are several'
    })
  ),
  priority: Type.Optional(Type.Unsafe<Priority>(priority)),
  dueBefore: Type.Optional(DueBound),
  dueAfter: Type.Optional(DueBound),
  updatedAfter: Type.Optional(
    Type.String({ format: 'date-time', description: 'an instant such as 2026-03-29T09:00:00.000Z' })
  ),
  q: Type.Optional(
    Type.String({
      format: 'text',
      maxLength: MAX_SEARCH,
      description: `a text of at most ${MAX_SEARCH} characters: words, or how they begin, in title or description`
    })
  )
}
