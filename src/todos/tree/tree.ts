import type { Draft } from '../draft/draft.ts'
import type { TodoRow } from '../tables.ts'

/** All todos below a todo, those in the trash, too: parents before children. */
export async function findDescendants(draft: Draft, { id, rootId }: TodoRow): Promise<TodoRow[]> {
  const childrenByParent = Map.groupBy(await draft.findTree(rootId || id), ({ parentId }) => parentId)
  const descendants: TodoRow[] = []
  for (let parents = [id]; parents.length > 0; ) {
    const children = parents.flatMap(parentId => childrenByParent.get(parentId) ?? [])
    descendants.push(...children)
    parents = children.map(child => child.id)
  }
  return descendants
}

/** How many levels a todo is below the top of its tree. @param tree all todos of the tree, but the one at the top */
export function getDepth(tree: readonly TodoRow[], todo: TodoRow): number {
  const parents = new Map(tree.map(({ id, parentId }) => [id, parentId]))
  let depth = 0
  for (let { parentId } = todo; parentId !== ''; parentId = parents.get(parentId) ?? '') depth += 1
  return depth
}

/** How many levels there are below a todo. @param descendants all todos below it, parents before children */
export function getHeight(descendants: readonly TodoRow[], id: string | undefined): number {
  const heights = new Map([[id, 0]])
  for (const { id, parentId } of descendants) heights.set(id, Number(heights.get(parentId)) + 1)
  return Math.max(...heights.values())
}

/** All todos above a todo, the parent first. */
export async function findAncestors(draft: Draft, { parentId }: TodoRow): Promise<TodoRow[]> {
  const parent = parentId === '' ? undefined : await draft.find(parentId)
  return parent ? [parent, ...(await findAncestors(draft, parent))] : []
}
