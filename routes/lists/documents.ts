import { Type } from '@sinclair/typebox'
import { IdDocument } from '../../src/http/schemas/id.ts'
import { Nullable } from '../../src/http/schemas/types.ts'
import { exampleIds, Instant, NullableString, ref } from '../schemas.ts'

const nullableInstant = (description: string) =>
  Nullable(Type.Unsafe<Date>({ type: 'string', format: 'date-time', description }))

/** The list of all examples. */
export const exampleList = {
  id: exampleIds.list,
  name: 'Shopping',
  color: '#1e90ff',
  archived: false,
  archivedAt: null,
  position: 'VP7A_Bu-SoyfrBHX54HCG-',
  openCount: 1,
  createdAt: '2026-11-23T09:30:00.000Z',
  updatedAt: '2026-11-23T09:30:00.000Z',
  deletedAt: null,
  etag: '"01a209b2-7298-7c4f-8d0e-5f1b2f6c6a12"'
}

export const ListDocument = Type.Object(
  {
    id: IdDocument,
    name: Type.String(),
    color: NullableString('such as #1e90ff'),
    archived: Type.Boolean({ description: 'whether its todos stay out of what is not about this list' }),
    archivedAt: nullableInstant('since when it is archived; set and cleared with `archived`'),
    position: Type.String({ description: 'where it is among the lists: they are in the order of this text' }),
    openCount: Type.Integer({
      description:
        'how many of its todos are not done, subtasks included; in the trash, of those that come back with it'
    }),
    createdAt: Instant('when it was made'),
    updatedAt: Instant('when it last changed, but for its place and its todos'),
    deletedAt: nullableInstant('since when it is in the trash'),
    etag: Type.String({ description: 'names this state of it; goes into If-Match' })
  },
  { $id: 'List', description: 'A list of todos.', examples: [exampleList] }
)

export const ListPageDocument = Type.Object(
  {
    items: Type.Array(ref(ListDocument)),
    nextCursor: NullableString('the `cursor` of the next page; null at the end')
  },
  {
    $id: 'ListPage',
    description: 'A page of lists.',
    examples: [{ items: [exampleList], nextCursor: null }]
  }
)
