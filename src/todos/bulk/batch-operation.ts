import { Type } from '@sinclair/typebox'
import { Id } from '../../http/schemas/id.ts'
import { StringEnum, TaggedUnion, type Value } from '../../http/schemas/types.ts'
import { type FieldError, validationFailed } from '../../problems/problem.ts'
import { ChildrenField, findPatchError, NewTodo, TodoPatch } from '../content/content.ts'
import { findTargetError, moveTargetFields } from '../order/move-target.ts'
import { filterFields } from '../query/list-query.ts'

/** The most operations of a batch, and the most todos that they name together. */
export const MAX_OPERATIONS = 100

const strict = { additionalProperties: false }

const OperationName = <const Name extends string>(name: Name) => StringEnum([name], { description: name })

/** One todo, or several. */
const idFields = {
  id: Type.Optional(Id),
  ids: Type.Optional(
    Type.Array(Id, {
      minItems: 1,
      maxItems: MAX_OPERATIONS,
      uniqueItems: true,
      description: `1 to ${MAX_OPERATIONS} different ids`
    })
  )
}

/** Or those of the list that pass a filter. */
const selectorFields = {
  ...idFields,
  where: Type.Optional(
    Type.Object(filterFields, {
      ...strict,
      minProperties: 1,
      description: 'at least one of the conditions that the list has'
    })
  )
}

/** Or those of the trash. */
const trashSelectorFields = {
  ...idFields,
  where: Type.Optional(
    Type.Object(
      {
        ...filterFields,
        deleted: Type.Unsafe<true>({
          type: 'boolean',
          enum: [true],
          description: 'true, since the todos are those in the trash'
        })
      },
      { ...strict, description: 'deleted: true, and any of the conditions that the list has' }
    )
  )
}

const ifMatch = Type.Optional(
  Type.String({ description: 'the `etag` of the state that is to be changed; 412 when it is another one' })
)

export const BatchOperation = TaggedUnion(
  'op',
  [
    Type.Object({ op: OperationName('create'), todo: NewTodo }, { ...strict, title: 'create' }),
    Type.Object(
      { op: OperationName('patch'), ...selectorFields, changes: TodoPatch, ifMatch },
      { ...strict, title: 'patch' }
    ),
    Type.Object(
      {
        op: OperationName('complete'),
        ...selectorFields,
        children: Type.Optional(ChildrenField),
        ifMatch
      },
      { ...strict, title: 'complete' }
    ),
    Type.Object({ op: OperationName('delete'), ...selectorFields, ifMatch }, { ...strict, title: 'delete' }),
    Type.Object(
      { op: OperationName('restore'), ...trashSelectorFields, ifMatch },
      { ...strict, title: 'restore' }
    ),
    Type.Object(
      { op: OperationName('purge'), ...trashSelectorFields, ifMatch },
      { ...strict, title: 'purge' }
    ),
    Type.Object(
      { op: OperationName('move'), ...idFields, ...moveTargetFields, ifMatch },
      { ...strict, title: 'move' }
    )
  ],
  { description: 'an operation whose op is create, patch, complete, delete, restore, purge or move' }
)
export type BatchOperation = Value<typeof BatchOperation>

/** An operation on todos that are there already. */
export type ChangeOperation = Exclude<BatchOperation, { readonly op: 'create' }>

/**
 * Checks what the schema cannot say.
 * @throws {Problem} `validation_failed` with the index of an operation that does not say on which todos it works, or of the
 * first one if all together name too many todos
 */
export function assertValidOperations(operations: readonly BatchOperation[]): void {
  const todoCount = operations.reduce((sum, operation) => sum + countNamedTodos(operation), 0)
  if (todoCount > MAX_OPERATIONS) throw validationFailed(TOO_MANY_TODOS).forOperation(0)
  for (const [index, operation] of operations.entries()) {
    const error = findError(operation, operations.length > 1)
    if (error) throw validationFailed(error).forOperation(index)
  }
}

const TOO_MANY_TODOS = {
  pointer: '',
  detail: `names too many todos; all operations together may name ${MAX_OPERATIONS}`
}

function findError(operation: BatchOperation, isOneOfSeveral: boolean): FieldError | undefined {
  if (operation.op === 'create') return undefined
  const { id, ids, ifMatch } = operation
  const where = 'where' in operation ? operation.where : undefined
  if ([id, ids, where].filter(Boolean).length !== 1)
    return {
      pointer: '',
      detail: operation.op === 'move' ? 'needs id or ids' : 'needs one of id, ids and where'
    }
  if (ifMatch !== undefined && !id) return { pointer: '/ifMatch', detail: 'goes with id only' }
  if (operation.op === 'move') return findTargetError(operation)
  const patchError = operation.op === 'patch' ? findPatchError(operation.changes) : undefined
  if (patchError) return { ...patchError, pointer: `/changes${patchError.pointer}` }
  if (!where) return undefined
  if (isOneOfSeveral) return { pointer: '/where', detail: 'is taken in a batch of one operation only' }
  if (operation.op === 'patch' && !isBulkPatch(operation.changes))
    return { pointer: '/changes', detail: 'may change one of done and listId, and nothing else, with where' }
  return undefined
}

/** Whether a patch changes what can be changed of any number of todos. */
const isBulkPatch = ({ children: _, ...changes }: TodoPatch): boolean => {
  const [name, ...others] = Object.keys(changes)
  return (name === 'done' || name === 'listId') && others.length === 0
}

const countNamedTodos = (operation: BatchOperation): number =>
  'ids' in operation && operation.ids ? operation.ids.length : 1
