import { inspect } from 'node:util'
import { and, asc, eq, exists, getTableColumns, gt, sql } from 'drizzle-orm'
import t, { type Test } from 'tap'
import { mustAffectRow, NoRowAffected } from '../../src/db/bound-statement.ts'
import { isUnavailable, StatementError } from '../../src/db/errors.ts'
import { param, paramRow, prepareShapes, prepareStatements } from '../../src/db/statements.ts'
import { openStore, type Store } from '../../src/db/store.ts'
import { allTables } from '../../src/features.ts'
import { Problem } from '../../src/problems/problem.ts'
import { emptyDatabase } from '../support/databases.ts'

const log = { warn() {} }

async function open(t: Test): Promise<Store> {
  const url = await emptyDatabase(t)
  const store = await openStore({ url, poolMax: 3, now: () => new Date(), log })
  t.teardown(() => store.close())
  return store
}

type Todos = ReturnType<typeof allTables>['todos']

/** The row of a todo, without the number that the database gives it. */
function rowOf(todos: Todos) {
  const { seq, ...row } = paramRow(todos)
  return row
}
function columnsOf(todos: Todos) {
  const { seq, ...columns } = getTableColumns(todos)
  return columns
}

const statements = prepareStatements(
  'trial',
  allTables,
  (db, { users, sessions, todos, changeSequences }) => ({
    addUser: db.insert(users).values(paramRow(users)).onConflictDoNothing().returning({ id: users.id }),
    addUserStrictly: db.insert(users).values(paramRow(users)),
    addSession: db.insert(sessions).values(paramRow(sessions)).returning(),
    session: db
      .select()
      .from(sessions)
      .where(eq(sessions.id, param(sessions.id, 'id'))),
    users: db.select().from(users),
    addSequence: db.insert(changeSequences).values(paramRow(changeSequences)).returning(),
    addTodo: db.insert(todos).values(rowOf(todos)).returning(columnsOf(todos)),
    setTodo: db
      .update(todos)
      .set({
        done: param(todos.done, 'done'),
        description: param(todos.description, 'description'),
        completedAt: param(todos.completedAt, 'completedAt')
      })
      .where(eq(todos.id, param(todos.id, 'id')))
      .returning(columnsOf(todos)),
    page: db
      .select({ id: todos.id })
      .from(todos)
      .where(and(eq(todos.userId, param(todos.userId, 'userId')), gt(todos.id, param(todos.id, 'after'))))
      .orderBy(asc(todos.id))
      .limit(sql.placeholder('limit')),
    newHash: db
      .update(users)
      .set({ passwordHash: param(users.passwordHash, 'next') })
      .where(
        and(eq(users.id, param(users.id, 'id')), eq(users.passwordHash, param(users.passwordHash, 'present')))
      )
      .returning({ id: users.id }),
    endIfHash: db
      .update(sessions)
      .set({ endedAt: param(sessions.endedAt, 'now') })
      .where(
        and(
          eq(sessions.userId, param(sessions.userId, 'id')),
          exists(
            db
              .select({ one: sql`1` })
              .from(users)
              .where(
                and(eq(users.id, sessions.userId), eq(users.passwordHash, param(users.passwordHash, 'next')))
              )
          )
        )
      )
      .returning({ id: sessions.id })
  })
)

const user = (id: string, more: object = {}) => ({
  id,
  username: id,
  email: id,
  usernameKey: id,
  emailKey: id,
  emailVersion: 0,
  emailVerified: false,
  passwordHash: 'secret hash',
  passwordVersion: 0,
  hasSecondFactor: false,
  disabledAt: null,
  createdAt: new Date(),
  ...more
})
const at = new Date('2026-03-29T01:59:59.999Z')
const session = (id: string, userId: string) => ({
  id,
  userId,
  generation: 1,
  createdAt: at,
  rotatedAt: new Date('1969-07-20T20:17:40.001Z'),
  idleExpiresAt: new Date('2026-10-25T00:30:00.500Z'),
  absoluteExpiresAt: new Date('9999-12-31T23:59:59.999Z'),
  authenticatedAt: at,
  authenticationMethods: ['totp', 'password'],
  assuranceLevel: 2,
  endedAt: null,
  endReason: null,
  minAccessGeneration: 0,
  retryKeyHash: null,
  userAgent: null,
  ip: null
})
const todo = (id: string, userId: string) => ({
  id,
  userId,
  revision: 'r',
  changeNumber: 0,
  title: 'é😀',
  description: null,
  done: false,
  due: { timeZone: 'Asia/Tokyo', dateTime: '2026-03-29T02:30:00' },
  priority: 3,
  tags: ['"', "'"],
  listId: '',
  parentId: '',
  rootId: '',
  isArchived: false,
  childCount: 0,
  openChildCount: 0,
  repeat: null,
  series: null,
  completionCount: 0,
  deletedWith: '',
  position: 'p',
  createdAt: at,
  updatedAt: at,
  completedAt: at,
  deletedAt: null,
  titleKey: 'É😀',
  dueKey: '2026-03-29T02:30:00',
  terms: '@a É'
})

t.test('values come back as they were given', async t => {
  const store = await open(t)
  const s = statements(store)
  t.strictSame(await s.addUser.execute(user('a')), [{ id: 'a' }])
  t.strictSame(await s.addUser.execute(user('a')), [], 'a conflict returns nothing')
  t.strictSame(await s.addSession.execute(session('s', 'a')), [session('s', 'a')])
  t.strictSame(await s.session.execute({ id: 's' }), [session('s', 'a')])
  t.strictSame(await s.addTodo.execute(todo('t', 'a')), [todo('t', 'a')])
  const change = { id: 't', done: true, description: 'x', completedAt: null }
  t.strictSame(await s.setTodo.execute(change), [{ ...todo('t', 'a'), ...change }])
  for (let n = 0; n < 200; n++) {
    const completedAt = new Date(Math.floor(Math.random() * 4e12))
    t.strictSame((await s.setTodo.execute({ ...change, completedAt }))[0]?.completedAt, completedAt)
  }
  const sequence = { userId: 'a', value: 2 ** 53 - 1, floor: 2 ** 53 - 2 }
  t.strictSame(await s.addSequence.execute(sequence), [sequence])
  for (const id of ['u', 'B', 'a-', 'ab', 'A']) await s.addTodo.execute(todo(id, 'a'))
  const page = await s.page.execute({ userId: 'a', after: '', limit: 10 })
  t.strictSame(
    page.map(({ id }) => id),
    ['A', 'B', 'a-', 'ab', 't', 'u'],
    'bytewise order'
  )
})

t.test('all of several statements or none', async t => {
  const store = await open(t)
  const s = statements(store)
  await s.addUser.execute(user('a'))
  await s.addSession.execute(session('s', 'a'))

  const [changed, ended] = await store.atomically(
    s.newHash.bind({ id: 'a', present: 'secret hash', next: 'new' }),
    s.endIfHash.bind({ id: 'a', next: 'new', now: at })
  )
  t.strictSame([changed, ended], [[{ id: 'a' }], [{ id: 's' }]])
  const lost = await store.atomically(
    s.newHash.bind({ id: 'a', present: 'secret hash', next: 'newer' }),
    s.endIfHash.bind({ id: 'a', next: 'newer', now: at })
  )
  t.strictSame(lost, [[], []], 'the second depends on the first')

  const failing = store.atomically(
    s.addUser.bind(user('b')),
    s.addUserStrictly.bind(user('c', { emailKey: 'a' }))
  )
  const error = await failing.catch((error: unknown) => error)
  t.type(error, StatementError)
  t.notMatch(`${inspect(error)} ${JSON.stringify(error)}`, /secret hash/)
  t.match(error, { message: /^trial_addUser \+ trial_addUserStrictly: / })
  t.notOk(isUnavailable(error))
  t.equal((await s.users.execute()).length, 1)

  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      store.atomically(s.addUser.bind(user(`n${n}`)), s.addSession.bind(session(`n${n}`, `n${n}`)))
    )
  )
  t.equal((await s.users.execute()).length, 21, 'on three connections')
})

t.test('a required step that finds no row undoes its transaction', async t => {
  const store = await open(t)
  const s = statements(store)
  await s.addUser.execute(user('a'))
  const missing = mustAffectRow(s.newHash.bind({ id: 'a', present: 'another hash', next: 'new' }))
  for (const steps of [[s.addUser.bind(user('b')), missing, s.addUser.bind(user('c'))], [missing]]) {
    const error = await store.atomically(...steps).catch((error: unknown) => error)
    t.type(error, NoRowAffected)
    t.match(error, { message: 'trial_newHash found no row', statement: missing })
  }
  t.equal((await s.users.execute()).length, 1)
  const found = mustAffectRow(s.newHash.bind({ id: 'a', present: 'secret hash', next: 'new' }))
  t.strictSame(await store.atomically(found), [[{ id: 'a' }]])
  const error = await store
    .atomically(s.addUserStrictly.bind(user('d', { emailKey: 'a' })))
    .catch(error => error)
  t.match(error, { message: /^trial_addUserStrictly: / }, 'a step by itself fails as several do')
})

t.test('a query of more shapes than stay prepared is answered in all of them', async t => {
  const store = await open(t)
  await statements(store).addUser.execute(user('a'))
  const numbers = prepareShapes('trial_shapes', ({ db, kit }, shape: number) =>
    db.select({ shape: sql<number>`${sql.raw(String(shape))}`.as('shape') }).from(allTables(kit).users)
  )
  for (let shape = 0; shape < 120; shape++) t.strictSame(await numbers(store, shape).execute(), [{ shape }])
  t.equal(numbers(store, 7), numbers(store, 7), 'prepared once')
})

t.test('a failure says nothing of the values', async t => {
  const s = statements(await open(t))
  await s.addUser.execute(user('a'))
  const error = await s.addUserStrictly.execute(user('b', { emailKey: 'a' })).catch(error => error)
  t.type(error, StatementError)
  t.match(error, { message: /^trial_addUserStrictly: .*email_key/ })
  t.notMatch(`${inspect(error)} ${JSON.stringify(error)}`, /secret hash/)
  t.notOk(isUnavailable(error))
})

t.test('a long statement that fails is told like any other, and one that is refused as it is', async t => {
  const store = await open(t)
  const s = statements(store)
  await s.addUser.execute(user('a'))
  const values = { userId: 'a', ...user('b', { emailKey: 'a' }) }
  const error = await s.addUserStrictly
    .executeLong(values, allTables(store.kit).todos.userId)
    .catch(error => error)
  t.type(error, StatementError)
  t.match(error, { message: /^trial_addUserStrictly: .*email_key/ })

  const refusal = new Problem('rate_limited')
  const executeLong = () => Promise.reject(refusal)
  const busy: Store = { ...store, prepare: (...args) => ({ ...store.prepare(...args), executeLong }) }
  t.equal(
    await statements(busy)
      .users.executeLong({ userId: 'a' }, allTables(store.kit).todos.userId)
      .catch(error => error),
    refusal
  )
})

t.test('a closed database is not available', async t => {
  const store = await open(t)
  const s = statements(store)
  const search = store.createSearch(allTables(store.kit).todos)
  await store.ping()
  await store.close()
  await store.close()
  await t.rejects(store.ping())
  t.ok(isUnavailable(await s.users.execute().catch(error => error)))
  const settled = await search.catchUpIndex('a').catch(error => error)
  t.ok(settled === undefined || isUnavailable(settled), 'PostgreSQL has nothing to settle')
})

t.test('[LOGSAFE] of a data exception, whose message quotes the value, only the code is told', async t => {
  const error = Object.assign(new Error('invalid input syntax: "secret hash"'), { code: '22P02' })
  t.match(new StatementError('users_add', error), {
    message: 'users_add: data exception 22P02',
    code: '22P02'
  })
})
