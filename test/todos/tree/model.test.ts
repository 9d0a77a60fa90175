import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { TodoRow } from '../../../src/todos/tables.ts'
import type { Answer } from '../../support/service.ts'
import {
  Forest,
  isLive,
  type List,
  type Node,
  Refused,
  type Requested,
  type Selection,
  type Target
} from './forest.ts'
import { findViolations, serveTrees } from './in-trees.ts'

/** The number of random runs. A failure prints its seed. */
const RUNS = Number(process.env.MODEL_RUNS ?? 4)
const MAX_TODOS = 20
/** Of those, how many are there from the start. */
const INITIAL_TODOS = 8
const GONE = '01a20996-fb6c-78b7-96ed-227b58a269d2'

const kinds = [
  ...(['create', 'create', 'create', 'place', 'place', 'move', 'move', 'moveAll'] as const),
  ...(['listWhere', 'listWhere'] as const),
  ...(['complete', 'completeAll', 'completeWhere', 'reopen', 'reopenWhere'] as const),
  ...(['remove', 'remove', 'removeAll', 'removeWhere', 'removeList', 'restoreList', 'purgeList'] as const),
  ...(['restore', 'restore', 'restoreAll', 'restoreWhere', 'restoreWhere'] as const),
  ...(['purge', 'purgeAll', 'purgeWhere'] as const)
]
type Kind = (typeof kinds)[number]

/** The number of a todo; now and then, of one that is not there. */
const index = fc.oneof(
  { weight: 9, arbitrary: fc.nat({ max: MAX_TODOS - 1 }) },
  { weight: 1, arbitrary: fc.nat({ max: 2 * MAX_TODOS }) }
)

/** A generated step: numbers choose among todos and lists that do not exist yet. */
const plan = fc.record({
  kind: fc.constantFrom(...kinds),
  which: index,
  others: fc.uniqueArray(index, { minLength: 1, maxLength: 4 }),
  parent: fc.oneof(fc.constantFrom(undefined, null), index, index),
  list: fc.constantFrom(undefined, undefined, undefined, undefined, null, 0, 0, 1, 2, 3),
  anchor: index,
  place: fc.constantFrom('after', 'before', 'top', 'bottom', 'none'),
  tag: fc.constantFrom('x', 'y', 'z'),
  isRecurring: fc.constantFrom(false, false, false, true),
  isWhole: fc.boolean(),
  selection: fc.constantFrom('tag', 'tag', 'done', 'list', 'parent')
})
type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never

type Row = TodoRow & { changeNumber: number }
type Trees = Awaited<ReturnType<typeof serveTrees>>

/** What a step is: a request, and the same on the model, which says how many todos a filter has changed. */
interface Step {
  readonly request: () => Promise<Answer>
  readonly apply: () => unknown
}

/** A user of the service beside the model. */
class Run {
  readonly #forest = new Forest()
  readonly #trees: Trees
  readonly #listIds: string[] = []
  /** All todos that were ever there. */
  readonly #ids: string[] = []
  #rows = new Map<string, Row>()

  constructor(trees: Trees) {
    this.#trees = trees
  }

  async start(): Promise<void> {
    for (const isArchived of [false, false, true]) {
      const id = await this.#trees.addList(`list ${this.#listIds.length}`, { archived: isArchived })
      this.#listIds.push(id)
      this.#forest.lists.set(id, { id, isArchived, isDeleted: false })
    }
  }

  /** Carries out a step, on the service and on the model. */
  async step(plan: Plan): Promise<void> {
    if (plan.kind === 'create' && this.#forest.nodes.size >= MAX_TODOS) return
    const before = structuredClone([...this.#forest.nodes.values()])
    const { request, apply } = this.#steps[plan.kind](plan)
    const { status, body } = await request()
    const context = JSON.stringify([plan, status, body])
    if (plan.kind === 'create' && status === 201) this.#ids.push(body.id)
    try {
      const count = apply()
      assert.ok(status < 300, context)
      if (typeof count === 'number') assert.equal(body.results[0].count, count, context)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      for (const node of before) this.#forest.nodes.set(node.id, node)
      this.#orders.clear()
      const pointer = body.errors?.[0].pointer.replace(/^\/operations\/0/, '')
      const expected = error.pointer === 'not found' ? [404, undefined] : [400, error.pointer]
      assert.deepEqual([status, pointer], expected, context)
    }
    await this.#compare(context)
  }

  readonly #steps: Record<Kind, (plan: Plan) => Step> = {
    create: plan => {
      const requested = this.#requested(plan)
      const body = { title: `${this.#ids.length}`, tags: [plan.tag], ...(plan.isRecurring && DAILY) }
      return {
        request: () => this.#todos('POST', '', { ...body, ...requested }),
        apply: () => this.#forest.create(this.#ids.at(-1) ?? '', plan, requested)
      }
    },
    place: plan => {
      const requested = this.#requested(plan)
      return this.#change(plan, 'PATCH', '', requested, node => this.#forest.place(node, requested))
    },
    move: plan => {
      const target = this.#target(plan)
      return this.#change(plan, 'POST', '/move', target, node => this.#move(node, target))
    },
    moveAll: plan => {
      const [target, ids] = [this.#target(plan), this.#several(plan)]
      return {
        request: () => this.#trees.batch([{ op: 'move', ids, ...target }]),
        apply: () => {
          for (const [at, id] of ids.entries())
            this.#move(this.#forest.find(id), at === 0 ? target : { after: ids[at - 1] ?? '' })
        }
      }
    },
    listWhere: plan => {
      const listId = plan.anchor % 4 === 3 ? null : (this.#listIds[plan.anchor % 4] ?? GONE)
      const targetId = plan.isRecurring ? GONE : listId
      return this.#changeWhere(plan, 'patch', { changes: { listId: targetId } }, nodes => {
        if (targetId !== null && (this.#forest.lists.get(targetId)?.isDeleted ?? true))
          throw new Refused('/changes/listId')
        return this.#forest.moveSelected(nodes, targetId ?? '')
      })
    },
    complete: plan =>
      this.#change(plan, 'PATCH', '', { done: true, ...this.#children(plan) }, node =>
        this.#forest.complete(node, plan.isWhole)
      ),
    completeAll: plan => ({
      request: () =>
        this.#trees.batch([{ op: 'complete', ids: this.#several(plan), ...this.#children(plan) }]),
      apply: () => {
        for (const id of this.#several(plan)) this.#forest.complete(this.#forest.find(id), plan.isWhole)
      }
    }),
    completeWhere: plan =>
      this.#changeWhere(plan, 'complete', this.#children(plan), nodes =>
        this.#forest.completeSelected(nodes, plan.isWhole)
      ),
    reopen: plan =>
      this.#change(plan, 'PATCH', '', { done: false }, node => {
        node.done = false
      }),
    reopenWhere: plan =>
      this.#changeWhere(plan, 'patch', { changes: { done: false } }, nodes => {
        const done = nodes.filter(node => node.done)
        for (const node of done) node.done = false
        return done.length
      }),
    remove: plan => this.#change(plan, 'DELETE', '', undefined, node => this.#forest.remove(node)),
    removeAll: plan => this.#changeAll(plan, 'delete', isLive, node => this.#forest.remove(node)),
    removeWhere: plan =>
      this.#changeWhere(plan, 'delete', {}, nodes => {
        this.#forest.removeSelected(nodes)
        return nodes.length
      }),
    removeList: plan => this.#changeList(plan, 'DELETE', '', list => this.#forest.removeList(list)),
    purgeList: plan => {
      const purged = this.#changeList(
        plan,
        'DELETE',
        '?permanent=true',
        list => this.#forest.purgeList(list),
        true
      )
      const id = this.#listIds[plan.list ?? 0] ?? GONE
      return {
        request: async () => {
          const answer = await purged.request()
          // Another list with the same id has none of its todos.
          if (answer.status === 200) await this.#trees.addList('again', { id })
          return answer
        },
        apply: () => {
          purged.apply()
          this.#forest.lists.set(id, { id, isArchived: false, isDeleted: false })
        }
      }
    },
    restoreList: plan =>
      this.#changeList(plan, 'POST', '/restore', list => this.#forest.restoreList(list), true),
    restore: plan =>
      this.#change(plan, 'POST', '/restore', undefined, node => this.#forest.restore(node), any),
    restoreAll: plan => this.#changeAll(plan, 'restore', any, node => this.#forest.restore(node)),
    restoreWhere: plan =>
      this.#changeWhere(plan, 'restore', {}, nodes => {
        this.#forest.restoreSelected(nodes)
        return nodes.length
      }),
    purge: plan =>
      this.#change(plan, 'DELETE', '?permanent=true', undefined, node => this.#forest.purge(node), any),
    purgeAll: plan => this.#changeAll(plan, 'purge', any, node => this.#forest.purge(node)),
    purgeWhere: plan =>
      this.#changeWhere(plan, 'purge', {}, nodes => {
        for (const node of nodes) this.#forest.purge(node)
        return nodes.length
      })
  }

  #todos = (method: string, path = '', body?: object) => this.#trees.todos(method, path, body)

  /** The todo of a number: one that the step may change, or any that ever was there. */
  #id(number: number, isEligible: (node: Node) => boolean = isLive): string {
    const eligible = [...this.#forest.nodes.values()].filter(isEligible).map(({ id }) => id)
    const ids = number < MAX_TODOS && eligible.length > 0 ? eligible : this.#ids
    return ids[number % (ids.length + 1)] ?? ids[0] ?? GONE
  }

  #children = ({ isWhole }: Plan) => (isWhole ? { children: 'complete' } : {})

  /** Mostly one of list and parent, since few pairs go together. */
  #requested({ parent, list, place }: Plan): Requested {
    const isPair = typeof parent !== 'number' || place === 'none'
    return {
      ...(parent !== undefined && { parentId: parent === null ? null : this.#id(parent) }),
      ...(list !== undefined && isPair && { listId: list === null ? null : (this.#listIds[list] ?? GONE) })
    }
  }

  #target(plan: Plan): Target {
    const requested = this.#requested(plan)
    if (plan.place === 'after' || plan.place === 'before') {
      const anchor = { [plan.place]: this.#id(plan.anchor) }
      return plan.isWhole ? { ...requested, ...anchor } : anchor
    }
    const isNowhere = plan.place === 'none' && Object.keys(requested).length > 0
    return isNowhere ? requested : { ...requested, to: plan.place === 'top' ? 'top' : 'bottom' }
  }

  #several = ({ others }: Plan, isEligible = isLive): string[] => [
    ...new Set(others.map(number => this.#id(number, isEligible)))
  ]

  #change(
    { which }: Plan,
    method: string,
    path: string,
    body: object | undefined,
    apply: (node: Node) => void,
    isEligible = isLive
  ): Step {
    const id = this.#id(which, isEligible === isLive ? isLive : isTrashed)
    return {
      request: () => this.#todos(method, `/${id}${path}`, body),
      apply: () => apply(this.#forest.find(id, isEligible))
    }
  }

  #changeAll(
    plan: Plan,
    op: string,
    isEligible: (node: Node) => boolean,
    change: (node: Node) => void
  ): Step {
    const ids = this.#several(plan, isEligible === isLive ? isLive : isTrashed)
    return {
      request: () => this.#trees.batch([{ op, ids }]),
      apply: () => this.#forest.changeAll(ids, isEligible, change)
    }
  }

  #changeWhere(plan: Plan, op: string, rest: object, apply: (nodes: Node[]) => number): Step {
    const isTrash = op === 'restore' || op === 'purge'
    const { tag, selection, isWhole, list, which } = plan
    const listId = this.#listIds[list ?? 3]
    const [where, selected]: [object, Selection] =
      selection === 'done'
        ? [{ done: isWhole }, { done: isWhole }]
        : selection === 'list'
          ? [{ list: [listId ?? 'inbox'] }, { list: listId ?? '' }]
          : selection === 'parent'
            ? [{ parent: this.#id(which) }, { parent: this.#id(which) }]
            : isTrash && isWhole
              ? [{}, {}]
              : [{ tag: [tag] }, { tag }]
    return {
      request: () =>
        this.#trees.batch([{ op, where: { ...where, ...(isTrash && { deleted: true }) }, ...rest }]),
      apply: () => {
        if (this.#forest.lists.get(selected.list ?? '')?.isDeleted) throw new Refused('/where/list')
        const parent = this.#forest.nodes.get(selected.parent ?? '')
        if (selected.parent !== undefined && !(parent && isLive(parent))) throw new Refused('/where/parent')
        return apply(this.#forest.select(selected, isTrash))
      }
    }
  }

  /** Orders of siblings that moves must bring about. */
  readonly #orders = new Map<string, string[]>()

  #move(node: Node, target: Target): void {
    const anchorId = target.after ?? target.before
    this.#forest.move(node, target)
    if (anchorId === node.id) return
    const order = this.#order(node).filter(id => id !== node.id)
    const at = { top: 0, bottom: order.length }[target.to ?? 'bottom']
    const place = anchorId === undefined ? at : order.indexOf(anchorId) + (target.after ? 1 : 0)
    this.#orders.set(toFamily(node), order.toSpliced(place, 0, node.id))
  }

  /** The siblings of a todo in the order that they have now, or must have after this step. */
  #order(node: Node): string[] {
    const family = toFamily(node)
    const known = this.#orders.get(family)
    if (known) return known
    const siblings = [...this.#forest.nodes.values()].filter(
      other => isLive(other) && toFamily(other) === family
    )
    return siblings
      .flatMap(({ id }) => this.#rows.get(id) ?? [])
      .sort((a, b) => (`${a.position} ${a.id}` < `${b.position} ${b.id}` ? -1 : 1))
      .map(({ id }) => id)
  }

  #changeList(
    { list }: Plan,
    method: string,
    path: string,
    apply: (list: List) => void,
    isAny = false
  ): Step {
    const id = this.#listIds[list ?? 0] ?? GONE
    return {
      request: () => this.#trees.lists(method, `/${id}${path}`),
      apply: () => {
        const found = this.#forest.lists.get(id)
        if (!found || (found.isDeleted && !isAny)) throw new Refused('not found')
        apply(found)
      }
    }
  }

  /** The todos of the service are those of the model, and follow the rules. */
  async #compare(context: string): Promise<void> {
    const [rows, lists] = [await this.#trees.readRows(), await this.#trees.readLists()]
    const stored = rows.map(({ id, listId, parentId, done, deletedWith }) => ({
      id,
      listId,
      parentId,
      done,
      deletedWith
    }))
    const expected = [...this.#forest.nodes.values()].map(({ tag: _, isRecurring: _recurs, ...node }) => node)
    assert.deepEqual(sortById(stored), sortById(expected), context)
    assert.deepEqual(findViolations(rows, lists), [], context)
    const completions = await this.#trees.readCompletions()
    const isGone = ({ todoId }: { todoId: string }) => !this.#forest.nodes.has(todoId)
    assert.deepEqual(completions.filter(isGone), [], context)
    for (const row of rows) {
      const before = this.#rows.get(row.id)
      if (!before || toShape(before) === toShape(row)) continue
      assert.notEqual(row.revision, before.revision, context)
      assert.ok(row.changeNumber > before.changeNumber, context)
    }
    this.#rows = new Map(rows.map(row => [row.id, row]))
    const orders = [...this.#orders]
    this.#orders.clear()
    for (const [, order] of orders) {
      const [first] = order
      const node = this.#forest.nodes.get(first ?? '')
      if (node) assert.deepEqual(this.#order(node), order, context)
    }
  }
}

const DAILY = { due: { date: '2026-01-01' }, repeat: { rule: 'FREQ=DAILY', from: 'due' } }
const any = () => true
const isTrashed = (node: Node) => !isLive(node)
const toFamily = ({ listId, parentId }: Node) => parentId || `list ${listId}`
const sortById = <Item extends { id: string }>(items: Item[]) =>
  items.toSorted((a, b) => (a.id < b.id ? -1 : 1))
/** All of a row that the wire shows. */
const toShape = ({
  revision: _,
  changeNumber: _number,
  rootId: _root,
  isArchived: _flag,
  deletedWith: _act,
  ...row
}: Row) => JSON.stringify(row)

t.test('trees and lists are as the model has them, whatever is done to them', async t => {
  const plans = fc.array(plan, { minLength: 30, maxLength: 60 })
  const property = fc.asyncProperty(plans, fc.boolean(), async (plans, isSliced) => {
    const failures: unknown[] = []
    await t.test('a run', async t => {
      const trees = await serveTrees(t)
      if (isSliced && trees.store.hasManyRows) Object.assign(trees.store, { hasManyRows: () => true })
      const run = new Run(trees)
      await run.start()
      try {
        for (const [at, plan] of plans.entries())
          await run.step(at < INITIAL_TODOS ? { ...plan, kind: 'create' } : plan)
      } catch (error) {
        failures.push(error)
      }
    })
    for (const failure of failures) throw failure
  })
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true })
})
