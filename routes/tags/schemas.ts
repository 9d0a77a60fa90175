import { Type } from '@sinclair/typebox'
import { CanonicalTag } from '../../src/todos/content/content.ts'
import { conditionalGetHeaders, pageResponses } from '../preconditions.ts'
import {
  bearerProblems,
  bearerWithScope,
  bodyProblems,
  NullableString,
  PageQuery,
  problemResponses,
  ref
} from '../schemas.ts'

const tags = ['tags']
const params = Type.Object({ tag: CanonicalTag })
const renamedParams = Type.Object({ tag: Type.String({ ...CanonicalTag, examples: ['groceries'] }) })

const changeProblems = ['validation_failed', 'tag_not_found', 'uri_too_long', ...bearerProblems] as const

export const TagDocument = Type.Object(
  {
    tag: Type.String(),
    count: Type.Integer({ description: 'how many todos have it, of those that GET /api/todos lists' }),
    openCount: Type.Integer({ description: 'how many of them are not done' })
  },
  { $id: 'Tag', description: 'A tag of todos.', examples: [{ tag: 'shopping', count: 3, openCount: 1 }] }
)

export const TagPageDocument = Type.Object(
  {
    items: Type.Array(ref(TagDocument)),
    nextCursor: NullableString('the `cursor` of the next page; null at the end')
  },
  {
    $id: 'TagPage',
    description: 'A page of tags.',
    examples: [{ items: [{ tag: 'shopping', count: 3, openCount: 1 }], nextCursor: null }]
  }
)

export const TagChangeDocument = Type.Object(
  { count: Type.Integer({ description: 'how many todos were changed, those in the trash included' }) },
  { $id: 'TagChange', description: 'What came of a change of a tag.', examples: [{ count: 3 }] }
)

export const list = {
  operationId: 'listTags',
  summary: 'List tags',
  description:
    'The tags of the todos that GET /api/todos lists, a page at a time: those of the trash and of archived lists are left out. ' +
    'They are in the order of their characters in Unicode: capital letters come before small ones.',
  tags,
  security: bearerWithScope('todos:read'),
  querystring: PageQuery,
  headers: conditionalGetHeaders,
  response: pageResponses(TagPageDocument, 'A page of tags.')
}

export const rename = {
  operationId: 'renameTag',
  summary: 'Rename a tag',
  description:
    'Puts another tag in its place on all todos, also in the trash and in archived lists, so that none brings the old name back. Todos that ' +
    'have the other tag already have it once afterwards: thus two tags become one. Every request sees all of the change or ' +
    'nothing. The name that the tag has already changes nothing, and `count` is 0.',
  tags,
  security: bearerWithScope('todos:write'),
  params,
  body: Type.Object({ tag: CanonicalTag }, { additionalProperties: false, examples: [{ tag: 'groceries' }] }),
  response: {
    200: { ...ref(TagChangeDocument), description: 'The tag has the new name on all todos.' },
    ...problemResponses(...bodyProblems, 'quota_exceeded', ...changeProblems)
  }
}

export const remove = {
  operationId: 'deleteTag',
  summary: 'Take a tag off all todos',
  description:
    'Off those in the trash and in archived lists as well. The todos stay. Every request sees all of the change or nothing.',
  tags,
  security: bearerWithScope('todos:write'),
  params: renamedParams,
  response: {
    200: { ...ref(TagChangeDocument), description: 'No todo has the tag any more.' },
    ...problemResponses(...changeProblems)
  }
}
