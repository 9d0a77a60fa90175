import { Type } from '@sinclair/typebox'
import {
  bearer,
  bearerProblems,
  bodyProblems,
  Id,
  Instant,
  Nullable,
  PageQuery,
  problems,
  ref
} from '../schemas.ts'

const tags = ['todos']
const security = bearer

const MAX_TITLE = 500
const MAX_DESCRIPTION = 16_384

const Title = Type.String({
  format: 'text',
  // White space around it is removed before it is counted.
  pattern: `^\\s*\\S([\\s\\S]{0,${MAX_TITLE - 2}}\\S)?\\s*$`,
  description: `a text of 1 to ${MAX_TITLE} characters, not counting white space around it`,
  examples: ['Buy milk']
})
const Description = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  format: 'text',
  maxLength: MAX_DESCRIPTION,
  default: null,
  description: `a text of at most ${MAX_DESCRIPTION} characters, or null for none`,
  examples: ['Oat, not cow']
})
const Done = Type.Boolean({ default: false, description: 'true or false' })

export const TodoDocument = Type.Object(
  {
    id: Id,
    title: Type.String(),
    description: Type.Unsafe<string | null>({ type: ['string', 'null'] }),
    done: Type.Boolean(),
    createdAt: Instant('when it was made'),
    updatedAt: Instant('when its content last changed'),
    completedAt: Type.Unsafe<Date | null>({
      type: ['string', 'null'],
      format: 'date-time',
      description: 'since when it is done; set and cleared with `done`'
    })
  },
  {
    $id: 'Todo',
    description: 'A todo.',
    examples: [
      {
        id: '01a20996-fb6c-78b7-96ed-227b58a269d2',
        title: 'Buy milk',
        description: 'Oat, not cow',
        done: true,
        createdAt: '2026-11-23T09:30:00.000Z',
        updatedAt: '2026-11-23T10:00:00.000Z',
        completedAt: '2026-11-23T10:00:00.000Z'
      }
    ]
  }
)

export const TodoPageDocument = Type.Object(
  {
    items: Type.Array(ref(TodoDocument)),
    nextCursor: Nullable('the `cursor` of the next page; null at the end')
  },
  { $id: 'TodoPage', description: 'A page of todos, oldest first.' }
)

const params = Type.Object({ id: Id })
const onOne = ['validation_failed', 'todo_not_found', 'uri_too_long', ...bearerProblems] as const

export const list = {
  operationId: 'listTodos',
  summary: 'List todos',
  description: 'The todos in the order in which they were made, a page at a time.',
  tags,
  security,
  querystring: PageQuery,
  response: {
    200: { ...ref(TodoPageDocument), description: 'A page of todos.' },
    ...problems('validation_failed', ...bearerProblems)
  }
}

export const create = {
  operationId: 'createTodo',
  summary: 'Make a todo',
  tags,
  security,
  body: Type.Object(
    { title: Title, description: Type.Optional(Description), done: Type.Optional(Done) },
    { additionalProperties: false, examples: [{ title: 'Buy milk', description: 'Oat, not cow' }] }
  ),
  response: {
    201: {
      ...ref(TodoDocument),
      description: 'The todo.',
      headers: { location: Type.String({ format: 'uri-reference', description: 'where the todo is' }) }
    },
    ...problems(...bodyProblems, ...bearerProblems)
  }
}

export const read = {
  operationId: 'getTodo',
  summary: 'Read a todo',
  tags,
  security,
  params,
  response: { 200: { ...ref(TodoDocument), description: 'The todo.' }, ...problems(...onOne) }
}

export const replace = {
  operationId: 'replaceTodo',
  summary: 'Replace a todo',
  description:
    'Writes the whole content: a field that is left out goes back to its default. To change some, use PATCH.',
  tags,
  security,
  params,
  body: Type.Object(
    {
      id: Type.Optional(Id),
      title: Title,
      description: Type.Optional(Description),
      done: Type.Optional(Done)
    },
    { additionalProperties: false, examples: [{ title: 'Buy milk', description: null, done: true }] }
  ),
  response: {
    200: { ...ref(TodoDocument), description: 'The todo as it is now.' },
    ...problems(...bodyProblems, ...onOne)
  }
}

export const patch = {
  operationId: 'patchTodo',
  summary: 'Change a todo',
  description:
    'Merges the fields that are sent into the todo (RFC 7396); those that are left out stay as they are.',
  tags,
  security,
  params,
  consumes: ['application/json', 'application/merge-patch+json'],
  body: Type.Object(
    { title: Type.Optional(Title), description: Type.Optional(Description), done: Type.Optional(Done) },
    { additionalProperties: false, examples: [{ done: true }] }
  ),
  response: {
    200: { ...ref(TodoDocument), description: 'The todo as it is now.' },
    ...problems(...bodyProblems, ...onOne)
  }
}

export const remove = {
  operationId: 'deleteTodo',
  summary: 'Delete a todo',
  tags,
  security,
  params,
  response: {
    200: { ...ref(TodoDocument), description: 'The todo that was deleted.' },
    ...problems(...onOne)
  }
}
