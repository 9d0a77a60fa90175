import type { LineCheck } from '../import-lines.ts'
import { decodeText, type Property } from './parsing/properties.ts'
import type { TodoSource } from './todo-source.ts'

/** A parameter of CATEGORIES in our own export: the category is the list with this id. */
export const LIST_PARAMETER = 'X-LATCHKEY-LIST'

/** A property in our own export: the place of the todo in the order by hand. */
export const POSITION_PROPERTY = 'X-LATCHKEY-POSITION'

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Whether a category is the list of the todo, not a tag. */
export const isListCategory = ({ parameters }: Property): boolean =>
  UUID.test(parameters.get(LIST_PARAMETER) ?? '')

/** Whether a relation is that to the parent, as it is by default (RFC 5545, section 3.2.15). */
const isParent = ({ parameters }: Property): boolean =>
  (parameters.get('RELTYPE') ?? 'PARENT').toUpperCase() === 'PARENT'

type Properties = Pick<TodoSource, 'getAll'>

/** Finds the property that names the parent. */
export const findParentProperty = ({ getAll }: Properties) => getAll('RELATED-TO').find(isParent)

/** Finds the property that names the list. */
export const findListProperty = ({ getAll }: Properties) => getAll('CATEGORIES').find(isListCategory)

/**
 * Reads where a to-do belongs, and says what other relations it has.
 * @param listId the list of all to-dos, if the request names one
 * @param toId makes the id of the todo of a UID
 */
export function readPlacement(
  source: TodoSource,
  { listId, toId }: { readonly listId: string | undefined; readonly toId: (uid: string) => string }
) {
  const parent = findParentProperty(source)
  for (const { line } of source.getAll('RELATED-TO').filter(property => property !== parent))
    source.addNote(line, 'RELATED-TO was left out: a todo has one parent, and no other relation')
  return {
    listId: listId ?? findListProperty(source)?.parameters.get(LIST_PARAMETER) ?? null,
    parentId: parent ? toId(decodeText(parent.value).trim()) : null
  }
}

/** Reads the place of a to-do in the order by hand, which calendars of other programs have not. */
export function readPosition(
  { get, addNote }: Pick<TodoSource, 'get' | 'addNote'>,
  check: LineCheck
): { position?: string } {
  const property = get(POSITION_PROPERTY)
  if (!property) return {}
  const position = property.value.trim()
  if (check({ title: 'x', position }).length === 0) return { position }
  addNote(property.line, `${property.name} was left out: it is not the position of a todo`)
  return {}
}
