import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { POSITION_PATTERN } from '../../src/todos/order/position.ts'
import { sorts } from '../../src/todos/query/sort.ts'
import { type Answer, type Service, serve } from '../support/service.ts'
import {
  type Content,
  type Filter,
  Model,
  type MoveTarget,
  type Outcome,
  type Patch,
  type Todo,
  type Write
} from './model.ts'

/** The number of random runs. A failure prints its seed and the shortest way to it. */
const RUNS = Number(process.env.MODEL_RUNS ?? 4)
const SHAPE = new RegExp(POSITION_PATTERN)
const GONE = '01a20996-fb6c-78b7-96ed-227b58a269d2'

const word = fc.constantFrom('9', '10', 'milk', 'Mill', 'bread', 'BREAK', 'a', 'Zebra')
const text = fc.array(word, { minLength: 1, maxLength: 3 }).map(words => words.join(' '))
const day = fc.constantFrom('2025-12-31', '2026-03-28', '2026-03-29', '2026-12-31')
const time = fc.constantFrom(
  '2025-12-31T12:00:00',
  '2026-03-29T02:30:00',
  '2026-03-29T00:00:00',
  '2026-12-31T23:59:59'
)
const zone = fc.constantFrom('Europe/Berlin', 'Asia/Tokyo')
const due = fc.option(fc.oneof(fc.record({ date: day }), fc.record({ dateTime: time, timeZone: zone })))
const priority = fc.constantFrom('none', 'low', 'medium', 'high')
const tags = fc.uniqueArray(fc.constantFrom('a', 'b', 'A b', "'"), { maxLength: 3 })
const description = fc.option(text)
const done = fc.boolean()

const content: fc.Arbitrary<Content> = fc.record(
  { title: text.map(title => ` ${title}`), description, done, due, priority, tags },
  { requiredKeys: ['title'] }
)
const patch: fc.Arbitrary<Patch> = fc.record(
  {
    title: text,
    description,
    done,
    due: fc.option(
      fc.oneof(fc.record({ date: day }), fc.record({ dateTime: time, timeZone: zone }, { requiredKeys: [] }))
    ),
    priority: fc.option(priority),
    tags: fc.option(tags)
  },
  { requiredKeys: [] }
)
const instant = fc.constantFrom('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:10.000Z')
const filter: fc.Arbitrary<Filter> = fc
  .tuple(
    fc.record(
      {
        done,
        tag: fc.array(fc.constantFrom('a', 'b', 'A b', "'"), { minLength: 1, maxLength: 2 }),
        priority,
        due: fc.constant('none' as const),
        dueBefore: fc.oneof(day, time),
        dueAfter: fc.oneof(day, time),
        timeZone: fc.constantFrom('Asia/Tokyo', 'America/New_York'),
        updatedAfter: instant,
        completedAfter: instant,
        completedBefore: instant,
        q: fc.constantFrom('mil', 'MILK', 'brea z', 'x')
      },
      { requiredKeys: [] }
    ),
    fc.nat({ max: 2047 }),
    fc.constantFrom(undefined, true, false)
  )
  // Few conditions at a time, or no todo would ever pass.
  .map(([parts, mask, deleted]) => {
    const kept = Object.entries(parts).filter((_, index) => mask % 3 === 0 && (mask >> index) % 2 === 1)
    const conditions: Filter = Object.fromEntries(kept.slice(0, 2))
    return {
      ...conditions,
      ...(conditions.timeZone && { overdue: true }),
      ...(deleted !== undefined && { deleted })
    }
  })

/** A generated write: numbers choose among todos that do not exist yet. */
const plan = fc.record({
  kind: fc.constantFrom(
    ...([
      'create',
      'create',
      'patch',
      'patch',
      'put',
      'move',
      'move',
      'move',
      'remove',
      'restore',
      'purge'
    ] as const)
  ),
  which: fc.nat({ max: 30 }),
  anchor: fc.nat({ max: 30 }),
  place: fc.constantFrom('after', 'before', 'top', 'bottom'),
  content,
  patch,
  condition: fc.constantFrom('none', 'none', 'none', 'current', 'any', 'stale', 'known'),
  pass: fc.constantFrom(0, 0, 0.001, 1)
})
type Plan = typeof plan extends fc.Arbitrary<infer Value> ? Value : never

const walk = fc.record({
  filter,
  sort: fc.constantFrom(...sorts),
  limit: fc.integer({ min: 1, max: 5 }),
  /** Writes between two pages. */
  plans: fc.array(plan, { maxLength: 6 })
})
type Walk = typeof walk extends fc.Arbitrary<infer Value> ? Value : never

const batch = fc.record({
  operations: fc.array(plan, { minLength: 1, maxLength: 5 }),
  validateOnly: fc.boolean()
})
type Batch = typeof batch extends fc.Arbitrary<infer Value> ? Value : never

const step = fc.oneof(
  { weight: 8, arbitrary: plan },
  { weight: 2, arbitrary: walk },
  { weight: 2, arbitrary: batch }
)

const STATUSES: Record<string, number> = {
  todo_not_found: 404,
  precondition_failed: 412,
  validation_failed: 400
}

/** A run: the service as one user sees it, beside the model. */
class Run {
  model = new Model()
  readonly #service: Service
  readonly #token: string
  /** All ETags that todos ever had. */
  readonly #etags = new Map<string, string[]>()
  readonly #tally: Map<string, number>

  constructor(service: Service, token: string, tally: Map<string, number>) {
    this.#service = service
    this.#token = token
    this.#tally = tally
  }

  #call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    this.#service.call(method, `/api/todos${path}`, { token: this.#token, body, headers })

  /** Sends a write and compares the answer, the list and the trash with the model. */
  async write(plan: Plan): Promise<string | undefined> {
    this.#service.clock.advance(plan.pass)
    const write = this.#writeOf(plan)
    const { headers, isMatch } = this.#conditionOf(plan, 'id' in write ? write.id : undefined)
    const expected = this.model.expectedOutcome(write, this.#service.clock.now().toISOString(), isMatch)
    const answer = await this.#send(write, headers)
    const outcome = this.#checked(write, expected, answer)
    this.model.apply(outcome)
    await this.audit()
    const name =
      'code' in outcome ? outcome.code : outcome.isChanged || outcome.isPurged ? 'done' : 'as it was'
    this.#count(`${write.kind}: ${name}`)
    return name === 'done' && !('code' in outcome) ? outcome.todo.id : undefined
  }

  #writeOf({ kind, which, anchor, place, content, patch }: Plan): Write {
    // One more than there are: a missing todo.
    const idAt = (index: number) =>
      [...this.model.order, GONE][index % (this.model.order.length + 1)] as string
    const id = idAt(which)
    if (kind === 'create') return { kind, body: content }
    if (kind === 'put') return { kind, id, body: content }
    if (kind === 'patch') return { kind, id, body: patch }
    if (kind !== 'move') return { kind, id }
    const other = idAt(anchor)
    const body: MoveTarget =
      place === 'after'
        ? { after: other }
        : place === 'before'
          ? { before: other }
          : { to: place as 'top' | 'bottom' }
    return { kind, id, body }
  }

  #conditionOf({ condition, which }: Plan, id: string | undefined) {
    const current = this.model.todos.get(id ?? '')?.etag ?? '"none"'
    const stale = (this.#etags.get(id ?? '') ?? []).filter(etag => etag !== current)
    const old = stale[which % Math.max(1, stale.length)] ?? '"other"'
    switch (condition) {
      case 'none':
        return { headers: {}, isMatch: () => true }
      case 'any':
        return { headers: { 'if-match': '*' }, isMatch: () => true }
      case 'current':
        return { headers: { 'if-match': `"x", ${current}` }, isMatch: (etag: string) => etag === current }
      case 'stale':
        return { headers: { 'if-match': old }, isMatch: (etag: string) => etag === old }
      case 'known':
        return { headers: { 'if-none-match': current }, isMatch: (etag: string) => etag !== current }
    }
  }

  #send(write: Write, headers: Record<string, string>): Promise<Answer> {
    switch (write.kind) {
      case 'create':
        return this.#call('POST', '', write.body)
      case 'patch':
        return this.#call('PATCH', `/${write.id}`, write.body, headers)
      case 'put':
        return this.#call('PUT', `/${write.id}`, write.body, headers)
      case 'move':
        return this.#call('POST', `/${write.id}/move`, write.body, headers)
      case 'restore':
        return this.#call('POST', `/${write.id}/restore`, undefined, headers)
      case 'remove':
        return this.#call('DELETE', `/${write.id}`, undefined, headers)
      case 'purge':
        return this.#call('DELETE', `/${write.id}?permanent=true`, undefined, headers)
    }
  }

  #checked(write: Write, expected: Outcome, { status, headers, body }: Answer): Outcome {
    if ('code' in expected) {
      assert.deepEqual([status, body.code], [STATUSES[expected.code], expected.code])
      assert.deepEqual(body.current, expected.current)
      return expected
    }
    assert.equal(status, write.kind === 'create' ? 201 : 200)
    assert.equal(headers.etag, body.etag)
    return this.#chosen(expected, body, this.model)
  }

  /** The outcome with the values that the service chose, after a check of them. */
  #chosen(expected: Exclude<Outcome, { code: string }>, shown: Todo, model: Model): Outcome {
    const { todo, isChanged, between } = expected
    const isPlaced = todo.id === '' || between !== undefined
    const chosen: Todo = {
      ...todo,
      id: todo.id || shown.id,
      position: isPlaced ? shown.position : todo.position,
      etag: isChanged ? shown.etag : todo.etag
    }
    assert.deepEqual(shown, chosen)
    if (isPlaced) {
      assert.match(shown.position, SHAPE)
      assert.ok([...model.todos.values()].every(({ position }) => position !== shown.position))
    }
    if (isChanged) {
      const known = this.#etags.get(chosen.id) ?? []
      assert.ok(!known.includes(chosen.etag), 'a new ETag')
      this.#etags.set(chosen.id, [...known, chosen.etag])
    }
    return { ...expected, todo: chosen }
  }

  /** Sends operations as a batch: all take effect, or none, and the first failing one is named. */
  async batch({ operations: plans, validateOnly }: Batch) {
    const planned = plans
      .filter(({ kind }) => ['create', 'patch', 'move', 'remove'].includes(kind))
      .map(plan => ({ ...plan, condition: plan.condition === 'known' ? ('none' as const) : plan.condition }))
      .map(plan => {
        const write = this.#writeOf(plan)
        return { write, ...this.#conditionOf(plan, 'id' in write ? write.id : undefined) }
      })
    if (planned.length === 0) return
    const now = this.#service.clock.now().toISOString()
    const operations = planned.map(({ write, headers }) => operationOf(write, headers['if-match']))
    const { status, body } = await this.#call('POST', '/batch', { operations, validateOnly })

    const sketch = this.model.copy()
    for (const [index, { write, isMatch }] of planned.entries()) {
      const expected = sketch.expectedOutcome(write, now, isMatch)
      if ('code' in expected) {
        assert.deepEqual([status, body.code, body.index], [STATUSES[expected.code], expected.code, index])
        this.#count(`batch: ${expected.code}`)
        return this.audit()
      }
      const { todo, isChanged } = expected
      const etag = isChanged ? '"to be"' : todo.etag
      sketch.apply({ ...expected, todo: { ...todo, id: todo.id || `new ${index}`, etag } })
    }

    assert.equal(status, 200, JSON.stringify(body))
    assert.equal(body.validateOnly, validateOnly)
    const model = this.model.copy()
    for (const [index, { write, isMatch }] of planned.entries()) {
      const expected = model.expectedOutcome(write, now, isMatch)
      assert.ok(!('code' in expected))
      model.apply(this.#chosen(expected, body.results[index].todo, model))
    }
    if (!validateOnly) this.model = model
    this.#count(validateOnly ? 'batch: validated' : 'batch: done')
    return this.audit()
  }

  #count(name: string) {
    this.#tally.set(name, (this.#tally.get(name) ?? 0) + 1)
  }

  /** Compares the list and the trash with the model. */
  async audit() {
    for (const isTrash of [false, true]) {
      const { body } = await this.#call('GET', `?limit=200&deleted=${isTrash}`)
      assert.deepEqual(body, { items: this.model.todosIn(isTrash), nextCursor: null })
    }
  }

  async read(id: string) {
    const todo = this.model.get(id)
    const answer = await this.#call('GET', `/${id}`)
    if (todo.deletedAt !== null) return assert.equal(answer.body.code, 'todo_not_found')
    assert.deepEqual(answer.body, todo)
    const known = await this.#call('GET', `/${id}`, undefined, { 'if-none-match': todo.etag })
    assert.deepEqual([known.status, known.body], [304, ''])
    const stale = await this.#call('GET', `/${id}`, undefined, { 'if-none-match': '"x"' })
    assert.deepEqual(stale.body, todo)
  }

  /** Walks all pages of a list. A todo that nobody touches meanwhile is on one page, once, in its order. */
  async walk({ filter, sort, limit, plans }: Walk) {
    const query = new URLSearchParams({ sort, limit: String(limit), count: 'true' })
    for (const [name, values] of Object.entries(filter))
      for (const value of [values].flat()) query.append(name, String(value))
    const list = () => this.model.list(filter, sort, this.#service.clock.now())
    const start = list()
    const touched = new Set<string | undefined>()
    const seen: Todo[] = []
    const comings = plans.values()
    let path: string | undefined = `?${query}`
    while (path !== undefined) {
      const { body, headers, status } = await this.#call('GET', path)
      assert.equal(status, 200, JSON.stringify(body))
      assert.equal(body.total, list().length)
      seen.push(...body.items)
      const [, next] = /^<\/api\/todos(.*)>; rel="next"$/.exec(headers.link ?? '') ?? []
      assert.equal(next === undefined, body.nextCursor === null)
      path = next
      const { value: plan } = comings.next()
      if (plan) touched.add(await this.write(plan))
    }
    const isUntouched = ({ id }: Todo) => !touched.has(id)
    assert.deepEqual(seen.filter(isUntouched), start.filter(isUntouched))
    this.#count('walk')
  }
}

/** A write as an operation of a batch. */
function operationOf(write: Write, ifMatch: string | undefined) {
  const condition = ifMatch !== undefined && { ifMatch }
  switch (write.kind) {
    case 'create':
      return { op: 'create', todo: write.body }
    case 'patch':
      return { op: 'patch', id: write.id, changes: write.body, ...condition }
    case 'move':
      return { op: 'move', id: write.id, ...write.body, ...condition }
    default:
      return { op: 'delete', id: write.id, ...condition }
  }
}

t.test('random requests in random order keep to the model', async t => {
  const service = await serve(t, { LOG_LEVEL: 'error' })
  const tally = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(
      fc.array(content, { minLength: 4, maxLength: 12 }),
      fc.array(step, { minLength: 20, maxLength: 40 }),
      async (contents, steps) => {
        const { accessToken } = await service.signUp()
        const run = new Run(service, accessToken, tally)
        const first = { kind: 'create', condition: 'none', pass: 0 } as Plan
        // Generated objects have no prototype; those on the wire have.
        for (const content of structuredClone(contents)) await run.write({ ...first, content })
        for (const step of structuredClone(steps))
          await ('plans' in step ? run.walk(step) : 'operations' in step ? run.batch(step) : run.write(step))
        for (const id of run.model.order) await run.read(id)
      }
    ),
    { numRuns: RUNS, interruptAfterTimeLimit: 60_000 }
  )
  t.pass(`${[...tally.values()].reduce((sum, count) => sum + count)} steps`)
  t.comment(Object.fromEntries([...tally].sort()))
})
