/*
 * The rules of trees and lists, apart from how the service keeps them: todos in memory, on which operations are carried out one
 * after the other.
 */

export interface Node {
  readonly id: string
  readonly tag: string
  /** Whether it recurs, without an end: then it is always open. */
  readonly isRecurring: boolean
  listId: string
  /** '' for none. */
  parentId: string
  done: boolean
  /** With which todo or list it went into the trash; '' for what is not there. */
  deletedWith: string
}

export interface List {
  readonly id: string
  readonly isArchived: boolean
  isDeleted: boolean
}

export interface Requested {
  listId?: string | null | undefined
  parentId?: string | null | undefined
}

export interface Target extends Requested {
  after?: string
  before?: string
  to?: 'top' | 'bottom'
}

/** What a bulk update selects. */
export interface Selection {
  tag?: string
  done?: boolean
  /** '' for the inbox. */
  list?: string
  parent?: string
}

/** The member of a request that is wrong. */
export class Refused extends Error {
  readonly pointer: string

  constructor(pointer: string) {
    super(`refused for ${pointer}`)
    this.pointer = pointer
  }
}

export const isLive = ({ deletedWith }: Node) => deletedWith === ''
const NOT_FOUND = 'not found'
const MAX_DEPTH = 4

export class Forest {
  readonly nodes = new Map<string, Node>()
  readonly lists = new Map<string, List>()

  /** @throws {Refused} with `not found` */
  find(id: string, isEligible: (node: Node) => boolean = isLive): Node {
    const node = this.nodes.get(id)
    if (!node || !isEligible(node)) throw new Refused(NOT_FOUND)
    return node
  }

  children = (id: string): Node[] => [...this.nodes.values()].filter(({ parentId }) => parentId === id)

  descendants = (id: string): Node[] =>
    this.children(id).flatMap(child => [child, ...this.descendants(child.id)])

  /** What is above a todo, nearest first. */
  ancestors({ parentId }: Node): Node[] {
    const parent = this.nodes.get(parentId)
    return parent ? [parent, ...this.ancestors(parent)] : []
  }

  #height = (id: string): number => Math.max(0, ...this.children(id).map(child => 1 + this.#height(child.id)))

  create(id: string, { tag, isRecurring }: Pick<Node, 'tag' | 'isRecurring'>, requested: Requested): void {
    const node = { id, tag, isRecurring, listId: '', parentId: '', done: false, deletedWith: '' }
    this.#place(node, this.#resolve(undefined, node, requested))
    this.nodes.set(id, node)
  }

  /** @throws {Refused} */
  place = (node: Node, requested: Requested): void => this.#place(node, this.#resolve(node, node, requested))

  #place(node: Node, { listId, parentId }: Pick<Node, 'listId' | 'parentId'>): void {
    node.parentId = parentId
    for (const moved of [node, ...this.descendants(node.id)]) moved.listId = listId
  }

  #resolve(moved: Node | undefined, current: Node, { listId, parentId }: Requested) {
    if (!parentId) {
      const list = listId === undefined ? current.listId : (listId ?? '')
      const parent = parentId === null || list !== current.listId ? '' : current.parentId
      if (list === current.listId && parent === current.parentId) return current
      if (list !== '' && (this.lists.get(list)?.isDeleted ?? true)) throw new Refused('/listId')
      return { listId: list, parentId: parent }
    }
    const parent = this.nodes.get(parentId)
    if (parentId === current.parentId && (listId === undefined || (listId ?? '') === current.listId))
      return current
    if (!parent || !isLive(parent)) throw new Refused('/parentId')
    if (listId !== undefined && (listId ?? '') !== parent.listId) throw new Refused('/parentId')
    const above = [parent, ...this.ancestors(parent)]
    if (moved && above.includes(moved)) throw new Refused('/parentId')
    if (above.length + (moved ? this.#height(moved.id) : 0) > MAX_DEPTH) throw new Refused('/parentId')
    return { listId: parent.listId, parentId }
  }

  /**
   * Moves a todo to the place that a target names.
   * @param target beside which todo, or in which list and below which todo
   * @throws {Refused}
   */
  move(node: Node, { after, before, listId, parentId }: Target): void {
    const [anchorId, pointer] = after === undefined ? [before, '/before'] : [after, '/after']
    if (anchorId === node.id) return
    if (anchorId === undefined) {
      this.place(node, { listId, parentId })
      return
    }
    const anchor = this.nodes.get(anchorId)
    if (!anchor || !isLive(anchor)) throw new Refused(pointer)
    if (listId !== undefined && (listId ?? '') !== anchor.listId) throw new Refused('/listId')
    if (parentId !== undefined && (parentId ?? '') !== anchor.parentId) throw new Refused('/parentId')
    this.place(node, { listId: anchor.listId || null, parentId: anchor.parentId || null })
  }

  /** Completes a todo, or the present occurrence, at which its subtasks are opened again: those below come first. */
  complete(node: Node, includesChildren: boolean): void {
    const below = this.descendants(node.id).filter(isLive)
    if (includesChildren)
      for (const descendant of below.toReversed()) if (!descendant.done) this.complete(descendant, false)
    node.done = !node.isRecurring
    if (node.isRecurring) for (const descendant of below) descendant.done &&= descendant.isRecurring
  }

  /** Completes todos together: what is below a completed occurrence is open at the next one, also if it is selected itself. @returns how many of the selected ones change */
  completeSelected(selected: readonly Node[], includesChildren: boolean): number {
    const below = (nodes: readonly Node[]) =>
      nodes.flatMap(({ id }) => this.descendants(id)).filter(node => isLive(node) && !node.done)
    const open = selected.filter(({ done }) => !done)
    const recurring = [...open, ...(includesChildren ? below(open) : [])].filter(node => node.isRecurring)
    const spared = new Set(recurring.flatMap(({ id }) => this.descendants(id)).filter(isLive))
    const isOrdinary = (node: Node) => !node.isRecurring && !spared.has(node)
    const completed = open.filter(isOrdinary)
    for (const node of [...completed, ...(includesChildren ? below(completed).filter(isOrdinary) : [])])
      node.done = true
    for (const node of spared) node.done &&= node.isRecurring
    return completed.length + open.filter(node => node.isRecurring).length
  }

  remove(node: Node): void {
    for (const deleted of [node, ...this.descendants(node.id)].filter(isLive)) deleted.deletedWith = node.id
  }

  restore(node: Node): void {
    if (!isLive(node)) this.restoreSelected([node])
  }

  purge(node: Node): void {
    for (const { id } of [node, ...this.descendants(node.id)]) this.nodes.delete(id)
  }

  /** Those above others come first; what has gone along is left out. */
  changeAll(ids: readonly string[], isEligible: (node: Node) => boolean, change: (node: Node) => void): void {
    const nodes = ids.map(id => this.find(id, isEligible))
    const depths = new Map(nodes.map(node => [node, this.ancestors(node).length]))
    for (const node of nodes.toSorted((a, b) => Number(depths.get(a)) - Number(depths.get(b))))
      if (this.nodes.has(node.id) && isEligible(node)) change(node)
  }

  select({ tag, done, list, parent }: Selection, isTrash: boolean): Node[] {
    return [...this.nodes.values()].filter(
      node =>
        isLive(node) !== isTrash &&
        (isTrash || list !== undefined || parent !== undefined || !this.lists.get(node.listId)?.isArchived) &&
        (tag === undefined || node.tag === tag) &&
        (done === undefined || node.done === done) &&
        (list === undefined || node.listId === list) &&
        (parent === undefined || node.parentId === parent)
    )
  }

  removeSelected(selected: readonly Node[]): void {
    for (const node of this.nodes.values()) {
      const topmost = [node, ...this.ancestors(node)].filter(above => selected.includes(above)).at(-1)
      if (topmost && isLive(node)) node.deletedWith = `~${topmost.id}`
    }
    for (const node of this.nodes.values()) node.deletedWith = node.deletedWith.replace('~', '')
  }

  /** Puts todos into a list: the topmost of them first, so those below them stay there. @returns how many of the selected ones change */
  moveSelected(selected: readonly Node[], listId: string): number {
    const elsewhere = selected.filter(node => node.listId !== listId)
    for (const node of elsewhere)
      if (!this.ancestors(node).some(above => elsewhere.includes(above)))
        this.#place(node, { listId, parentId: '' })
    return elsewhere.length
  }

  restoreSelected(selected: readonly Node[]): void {
    const restored = selected.flatMap(node => [
      node,
      ...this.descendants(node.id).filter(
        ({ deletedWith }) => node.deletedWith !== '' && deletedWith === node.deletedWith
      )
    ])
    for (const node of restored) node.deletedWith = ''
    for (const node of restored) {
      const parent = this.nodes.get(node.parentId)
      if (parent && isLive(parent)) continue
      const list = this.lists.get(node.listId)
      this.#place(node, { listId: list && !list.isDeleted ? list.id : '', parentId: '' })
    }
  }

  removeList(list: List): void {
    list.isDeleted = true
    for (const node of this.nodes.values())
      if (node.listId === list.id && isLive(node)) node.deletedWith = list.id
  }

  /** Deletes a list for good with its todos. What was in the trash before stays there, in the inbox. */
  purgeList(list: List): void {
    const ofList = [...this.nodes.values()].filter(({ listId }) => listId === list.id)
    for (const { id } of ofList.filter(node => isLive(node) || node.deletedWith === list.id))
      this.nodes.delete(id)
    for (const node of ofList) {
      node.listId = ''
      if (!this.nodes.has(node.parentId)) node.parentId = ''
    }
  }

  restoreList(list: List): void {
    list.isDeleted = false
    for (const node of this.nodes.values()) if (node.deletedWith === list.id) node.deletedWith = ''
  }
}
