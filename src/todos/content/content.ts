import { Type } from '@sinclair/typebox'
import { Id } from '../../http/schemas/id.ts'
import { Nullable, StringEnum, type Value } from '../../http/schemas/types.ts'
import type { Fault } from '../../problems/problem.ts'
import { MAX_DESCRIPTION, MAX_TAG, MAX_TAGS, MAX_TITLE } from '../limits.ts'
import { applyDuePatch, DueField, DuePatchField, TimeZone } from './due.ts'
import { placementFields } from './placement.ts'
import { RepeatField } from './repeat.ts'

const Title = Type.String({
  format: 'line',
  // The limit counts no white space at the ends, which the service removes.
  pattern: `^\\s*\\S([\\s\\S]{0,${MAX_TITLE - 2}}\\S)?\\s*$`,
  description: `a text of 1 to ${MAX_TITLE} characters, not counting white space around it`,
  examples: ['Buy milk']
})

const Description = Nullable(Type.String({ format: 'text', maxLength: MAX_DESCRIPTION }), {
  default: null,
  description: `a text of at most ${MAX_DESCRIPTION} characters, or null for none`,
  examples: ['Oat, not cow']
})

const Done = Type.Boolean({ default: false, description: 'true or false' })

/** From the least to the greatest; the database stores their indexes. */
export const priorities = ['none', 'low', 'medium', 'high'] as const
export type Priority = (typeof priorities)[number]

const priority = { description: 'none, low, medium or high' }
export const Priority = StringEnum(priorities, priority)
const PriorityField = StringEnum(priorities, { ...priority, default: 'none' })

export const Tag = Type.String({
  format: 'line',
  pattern: `^\\S([\\s\\S]{0,${MAX_TAG - 2}}\\S)?$`,
  description: `a text of 1 to ${MAX_TAG} characters, without white space around it`,
  examples: ['shopping']
})
/** A tag by itself, in its canonical form when it arrives. */
export const CanonicalTag = Type.String({ ...Tag, canonicalTag: true })
const Tags = Type.Array(Tag, {
  maxItems: MAX_TAGS,
  canonicalTags: true,
  uniqueItems: true,
  default: [],
  description: `at most ${MAX_TAGS} different tags; their order does not matter`,
  examples: [['shopping']]
})

const strict = { additionalProperties: false }

/** What the user decides about a todo. */
export const contentFields = {
  title: Title,
  description: Type.Optional(Description),
  done: Type.Optional(Done),
  due: Type.Optional(DueField),
  priority: Type.Optional(PriorityField),
  tags: Type.Optional(Tags),
  repeat: Type.Optional(RepeatField)
}

/** The content of a todo: a missing field has its default. */
const Content = Type.Object(contentFields, strict)
export type TodoContent = Required<Value<typeof Content>>

/** A new todo: its content, where it belongs, and its id, which a client may choose. */
export const NewTodo = Type.Object({ id: Type.Optional(Id), ...contentFields, ...placementFields }, strict)
export type NewTodo = Value<typeof NewTodo>

const orDefault = (description = '') => ({ description: `${description}, or null for the default` })

/** What a merge patch may change (RFC 7396): null restores a default. */
export const patchFields = {
  title: Type.Optional(Title),
  description: Type.Optional(Description),
  done: Type.Optional(Nullable(Done, orDefault(Done.description))),
  due: Type.Optional(DuePatchField),
  priority: Type.Optional(Nullable(PriorityField, orDefault(PriorityField.description))),
  tags: Type.Optional(Nullable(Tags, orDefault(Tags.description))),
  repeat: Type.Optional(RepeatField)
}

/** What happens to the subtasks of a todo that becomes done; without a word of it, nothing. */
export const ChildrenField = StringEnum(['complete'], {
  description: 'complete: all subtasks become done, too; goes with done true only'
})

// Has no example: it goes with done only.
const { examples: _, ...TimeZoneName } = TimeZone
/** Where it is today for a recurring todo whose due date is a day; without a word of it, in UTC. */
const TimeZoneField = Type.String({
  ...TimeZoneName,
  description: `${TimeZone.description}, where it is today when a recurring todo is completed that is due on a day; goes with done true only`
})

export const TodoPatch = Type.Object(
  {
    ...patchFields,
    ...placementFields,
    children: Type.Optional(ChildrenField),
    timeZone: Type.Optional(TimeZoneField)
  },
  strict
)
export type TodoPatch = Value<typeof TodoPatch>

/** What is wrong with a patch that its schema allows. */
export function findPatchError({ done, children, timeZone }: TodoPatch): Fault | undefined {
  if (done === true) return undefined
  const detail = 'goes with done only, which must be true'
  if (children) return { pointer: '/children', detail }
  return timeZone === undefined ? undefined : { pointer: '/timeZone', detail }
}

/** The content of a todo for which the user gives a title only. */
export const defaults: Omit<TodoContent, 'title'> = {
  description: null,
  done: false,
  due: null,
  priority: 'none',
  tags: [],
  repeat: null
}

/**
 * Applies a merge patch: a missing member leaves its field unchanged, null restores the default.
 * @throws {Problem} `validation_failed` when the resulting due date is invalid
 */
export function applyPatch(content: TodoContent, patch: TodoPatch): TodoContent {
  const { title, description, done, due, priority, tags, repeat } = { ...content, due: undefined, ...patch }
  return {
    title,
    description,
    done: done ?? defaults.done,
    due: due === undefined ? content.due : due && applyDuePatch(content.due, due),
    priority: priority ?? defaults.priority,
    tags: tags ?? defaults.tags,
    repeat
  }
}
