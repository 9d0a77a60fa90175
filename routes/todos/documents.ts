import { Type } from '@sinclair/typebox'
import { IdDocument } from '../../src/http/schemas/id.ts'
import { Nullable, StringEnum } from '../../src/http/schemas/types.ts'
import { priorities, type TodoContent } from '../../src/todos/content/content.ts'
import type { CompletedOccurrence } from '../../src/todos/recurrence/completions.ts'
import { exampleIds, Instant, NullableString, ref } from '../schemas.ts'

const nullableInstant = (description: string) =>
  Nullable(Type.Unsafe<Date>({ type: 'string', format: 'date-time', description }))

/** Not a union: an answer is not validated, and a plain schema serializes faster. */
const DueDocument = Type.Unsafe<TodoContent['due']>({
  type: ['object', 'null'],
  properties: {
    date: { type: 'string', format: 'date' },
    dateTime: { type: 'string', description: 'a local time' },
    timeZone: { type: 'string', description: 'the name of its time zone (IANA)' }
  },
  description: 'when it is due: `date`, or `dateTime` and `timeZone`'
})

/** What an answer says of an occurrence that was completed. */
const completedFields = {
  id: IdDocument,
  occurrence: Type.Unsafe<CompletedOccurrence['occurrence']>({
    ...DueDocument,
    type: 'object',
    description: 'the `due` that the todo had'
  }),
  completedAt: Instant('when it was completed')
}

/** Not a union either. */
const RepeatDocument = Type.Unsafe<TodoContent['repeat']>({
  type: ['object', 'null'],
  properties: {
    rule: { type: 'string', description: 'a recurrence rule (RFC 5545)' },
    from: { type: 'string', enum: ['due', 'completion'] }
  },
  description: 'how it recurs'
})

/** The todo of all examples. */
export const exampleTodo = {
  id: exampleIds.todo,
  title: 'Buy milk',
  description: 'Oat, not cow',
  done: true,
  due: { date: '2026-11-24' },
  priority: 'medium',
  tags: ['shopping'],
  listId: null,
  parentId: null,
  childCount: 0,
  openChildCount: 0,
  repeat: null,
  position: 'VP7A_Bu-SoyfrBHX54HCG-',
  createdAt: '2026-11-23T09:30:00.000Z',
  updatedAt: '2026-11-23T10:00:00.000Z',
  completedAt: '2026-11-23T10:00:00.000Z',
  deletedAt: null,
  etag: '"01a209b2-7298-7c4f-8d0e-5f1b2f6c6a11"'
}

const exampleCompletion = {
  id: exampleIds.completion,
  occurrence: { date: '2026-11-24' },
  completedAt: '2026-11-24T10:00:00.000Z',
  sessionId: exampleIds.session
}

export const TodoDocument = Type.Object(
  {
    id: IdDocument,
    title: Type.String(),
    description: Nullable(Type.String()),
    done: Type.Boolean(),
    due: DueDocument,
    priority: StringEnum(priorities),
    tags: Type.Unsafe<TodoContent['tags']>(Type.Array(Type.String(), { description: 'a set' })),
    listId: NullableString('the list that it is in; null for the inbox'),
    parentId: NullableString('the todo whose subtask it is'),
    childCount: Type.Integer({ description: 'how many subtasks it has, without theirs' }),
    openChildCount: Type.Integer({ description: 'how many of them are not done' }),
    repeat: RepeatDocument,
    position: Type.String({ description: 'where it is in the list: todos are in the order of this text' }),
    createdAt: Instant('when it was made'),
    updatedAt: Instant('when it last changed, but for its place in the list'),
    completedAt: nullableInstant('since when it is done; set and cleared with `done`'),
    deletedAt: nullableInstant('since when it is in the trash'),
    etag: Type.String({ description: 'names this state of it; goes into If-Match' }),
    completed: Type.Optional(
      Type.Object(completedFields, {
        description: 'the occurrence that was completed; in the answer to what has completed it only'
      })
    )
  },
  { $id: 'Todo', description: 'A todo.', examples: [exampleTodo] }
)

export const TodoPageDocument = Type.Object(
  {
    items: Type.Array(ref(TodoDocument)),
    nextCursor: NullableString('the `cursor` of the next page; null at the end'),
    total: Type.Optional(Type.Integer({ description: 'how many there are on all pages; with `count=true`' }))
  },
  {
    $id: 'TodoPage',
    description: 'A page of todos.',
    examples: [{ items: [exampleTodo], nextCursor: null }]
  }
)

export const CompletionDocument = Type.Object(
  {
    ...completedFields,
    sessionId: NullableString('the session that completed it; null for an act of the service')
  },
  {
    $id: 'Completion',
    description: 'An occurrence of a recurring todo that was completed.',
    examples: [exampleCompletion]
  }
)

export const CompletionPageDocument = Type.Object(
  {
    items: Type.Array(ref(CompletionDocument)),
    nextCursor: NullableString('the `cursor` of the next page; null at the end')
  },
  {
    $id: 'CompletionPage',
    description: 'Some completions of a todo, the latest first.',
    examples: [{ items: [exampleCompletion], nextCursor: null }]
  }
)
