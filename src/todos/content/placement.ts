import { Type } from '@sinclair/typebox'
import { Id } from '../../http/schemas/id.ts'
import { Nullable } from '../../http/schemas/types.ts'

const ListId = Nullable(Id, {
  default: null,
  description: 'the id of a list, or null for the inbox',
  examples: [null]
})
const ParentId = Nullable(Id, {
  default: null,
  description: 'the id of the todo whose subtask it is, or null for none',
  examples: [null]
})

/** Where a todo belongs. */
export const placementFields = { listId: Type.Optional(ListId), parentId: Type.Optional(ParentId) }

/** The list of a todo, null for the inbox, and the todo whose subtask it is, null for none. */
export interface Placement {
  readonly listId: string | null
  readonly parentId: string | null
}

/** Where a todo is to belong. Without a list, that is the list of the parent. */
export interface RequestedPlacement {
  readonly listId: string | null | undefined
  readonly parentId: string | null
}

/** What a request says of it; what is left out stays as it is. */
export type PlacementPatch = { readonly [Member in keyof Placement]?: Placement[Member] | undefined }

/** A new todo that says nothing else is in the inbox, and nobody's subtask. */
export const INBOX: Placement = { listId: null, parentId: null }

/** Applies what a request says. A new parent brings its list, and a new list takes a subtask from its parent. */
export function applyPlacementPatch(
  current: Placement,
  { listId, parentId }: PlacementPatch
): RequestedPlacement {
  if (parentId) return { listId, parentId }
  const isOtherList = listId !== undefined && listId !== current.listId
  return {
    listId: listId === undefined ? current.listId : listId,
    parentId: parentId === null || isOtherList ? null : current.parentId
  }
}
