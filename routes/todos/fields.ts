import { type Static, type TSchema, Type } from '@sinclair/typebox'
import type { Due, DuePatch } from '../../src/todos/content/due.ts'
import { MAX_DESCRIPTION, MAX_TAG, MAX_TAGS, MAX_TITLE } from '../../src/todos/limits.ts'
import { type Priority, priorities } from '../../src/todos/todo.ts'

/** The longest search, in characters. */
export const MAX_SEARCH_LENGTH = 200

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

const strict = { additionalProperties: false }
const DueOnDay = Type.Object({ date: Day }, strict)
const DueAtTime = Type.Object({ dateTime: LocalDateTime, timeZone: TimeZone }, strict)

export const DueField = Type.Unsafe<Due | null>({
  anyOf: [DueOnDay, DueAtTime, Type.Null()],
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
    strict
  ),
  type: ['object', 'null'],
  description: 'the members of the due date to change, or null for none',
  examples: [{ date: '2026-03-29' }]
})

const priority = { type: 'string', enum: priorities, description: 'none, low, medium or high' }
export const PriorityField = Type.Unsafe<Priority>({ ...priority, default: 'none' })

export const Tag = Type.String({
  format: 'line',
  pattern: `^\\S([\\s\\S]{0,${MAX_TAG - 2}}\\S)?$`,
  description: `a text of 1 to ${MAX_TAG} characters, without white space around it`,
  examples: ['shopping']
})
export const Tags = Type.Array(Tag, {
  maxItems: MAX_TAGS,
  canonicalTags: true,
  uniqueItems: true,
  default: [],
  description: `at most ${MAX_TAGS} different tags; their order does not matter`,
  examples: [['shopping']]
})

/** A point in the order of due dates. */
export const DueBound = Type.String({
  format: 'day-or-local-date-time',
  description: 'a day such as 2026-03-29, or a local time such as 2026-03-29T09:00:00'
})

/** What the maker of a todo decides about it. */
export const contentFields = {
  title: Title,
  description: Type.Optional(Description),
  done: Type.Optional(Done),
  due: Type.Optional(DueField),
  priority: Type.Optional(PriorityField),
  tags: Type.Optional(Tags)
}

const serverField = (schema: object) =>
  Type.Optional(Type.Unsafe<string>({ type: 'string', ...schema, readOnly: true }))
const nullableInstant = { type: ['string', 'null'], format: 'date-time', description: 'an instant, or null' }
const instant = { format: 'date-time', description: 'an instant such as 2026-03-29T09:00:00.000Z' }

/** What the server sets; who gives it says what is so at present. */
export const serverFields = {
  position: serverField({ description: 'the present position' }),
  createdAt: serverField(instant),
  updatedAt: serverField(instant),
  completedAt: serverField(nullableInstant),
  deletedAt: serverField(nullableInstant),
  etag: serverField({
    description: 'the `etag` of the state that is to be replaced; 412 when it is another one'
  })
}

/** What a merge patch takes for a field that has a default: null, too (RFC 7396). */
function nullableWithDefault<Schema extends TSchema>({ default: _, ...schema }: Schema) {
  return Type.Unsafe<Static<Schema> | null>({
    ...schema,
    type: [schema.type, 'null'],
    ...(schema.enum && { enum: [...schema.enum, null] }),
    description: `${schema.description}, or null for the default`
  })
}

/** What a merge patch may change (RFC 7396). */
export const patchFields = {
  title: Type.Optional(Title),
  description: Type.Optional(Description),
  done: Type.Optional(nullableWithDefault(Done)),
  due: Type.Optional(DuePatchField),
  priority: Type.Optional(nullableWithDefault(PriorityField)),
  tags: Type.Optional(nullableWithDefault(Tags))
}

/** Which todos: those that pass all of these. */
export const filterFields = {
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
      maxLength: MAX_SEARCH_LENGTH,
      description: `a text of at most ${MAX_SEARCH_LENGTH} characters: words, or how they begin, in title or description`
    })
  )
}
