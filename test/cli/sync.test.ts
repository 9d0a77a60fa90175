import t, { type Test } from 'tap'
import { allTables } from '../../src/features.ts'
import { expireSyncTokens } from '../../src/sync/reset.ts'
import { expectedProblem, PASSWORD, type Service, type Settings, serve } from '../support/service.ts'
import { createProgram, sharedSettings } from './program.ts'

/** What a user does: writes todos, and follows the changes. */
function createUser({ call }: Service, token: string) {
  const changes = (since?: string) => call('GET', `/api/changes${since ? `?since=${since}` : ''}`, { token })
  return {
    list: (headers: Record<string, string> = {}) => call('GET', '/api/todos', { token, headers }),
    create: (title: string) => call('POST', '/api/todos', { token, body: { title } }),
    /** How far the user has followed, once all is read. */
    follow: async (): Promise<string> => (await changes()).body.next,
    /** The titles of what comes after a token, or in all. */
    titles: async (since?: string): Promise<string[]> =>
      (await changes(since)).body.changes.map(({ todo }: { todo: { title: string } }) => todo.title),
    async assertExpired(t: Test, since: string) {
      const answer = await changes(since)
      t.strictSame(answer.body, expectedProblem(answer, 410, 'sync_token_expired', { action: 'resync' }))
    }
  }
}

async function signUp(service: Service, username: string) {
  const { accessToken } = await service.signUp({ username, email: `${username}@example.org` })
  return createUser(service, accessToken)
}

async function login(service: Service, username: string) {
  const body = { email: `${username}@example.org`, password: PASSWORD }
  return createUser(service, (await service.call('POST', '/api/auth/login', { body })).body.accessToken)
}

t.test('sync reset makes all tokens expire beside the running service, and leaves todos alone', async t => {
  const settings = await sharedSettings(t)
  const service = await serve(t, settings)
  const latchkey = createProgram(settings)
  const [ada, eve] = [await signUp(service, 'ada'), await signUp(service, 'eve')]
  await ada.create('one')
  const [atFirst, since] = [await eve.follow(), await ada.follow()]
  t.strictSame(await ada.titles(since), [])

  t.strictSame(await latchkey('sync', 'reset'), {
    code: 0,
    stdout: 'Users whose clients take all todos anew: 2\n',
    stderr: ''
  })
  await ada.assertExpired(t, since)
  await eve.assertExpired(t, atFirst)
  const next = await ada.follow()
  await ada.create('two')
  t.strictSame([await ada.titles(), await ada.titles(next)], [['one', 'two'], ['two']])
  t.strictSame(await eve.titles(await eve.follow()), [])

  t.match(await latchkey('sync', 'reset', '--json'), { stdout: '{"users":2}\n' })
  await ada.assertExpired(t, next)
  t.strictSame(await ada.titles(), ['one', 'two'])
})

t.test('more users than one statement resets', async t => {
  const { app } = await serve(t)
  const { db, kit, now } = app.store
  const { users, changeSequences } = allTables(kit)
  const createdAt = new Date(0)
  t.equal(await expireSyncTokens(app.store), 0)
  const account = (_: unknown, n: number) => {
    const name = `user${n}`
    const keys = { usernameKey: name, emailKey: name }
    return { id: name, username: name, email: name, ...keys, passwordHash: '', createdAt }
  }
  await db.insert(users).values(Array.from({ length: 1500 }, account))
  await db.insert(changeSequences).values({ userId: 'user7', value: 5, floor: 2 })
  t.equal(await expireSyncTokens(app.store), 1500)
  const rows = await db.select().from(changeSequences)
  t.equal(rows.length, 1500)
  for (const { userId, value, floor } of rows) {
    const number = 2 ** 32 + now().getTime() + (userId === 'user7' ? 5 : 0)
    if (value !== number || floor !== number)
      t.strictSame({ userId, value, floor }, { value: number, floor: number })
  }
})

t.test('a token from after a backup is refused once that is restored', async t => {
  const folder = t.testdir()
  const settings: Settings = { DATABASE_URL: `file:${folder}/latchkey.db` }
  const latchkey = createProgram(settings)
  const before = await serve(t, settings)
  const [ada, eve] = [await signUp(before, 'ada'), await signUp(before, 'eve')]
  await ada.create('kept')
  t.equal((await latchkey('backup', `${folder}/backup.db`)).code, 0)
  await ada.create('lost')
  await eve.create('lost')
  const [sinceAda, sinceEve] = [await ada.follow(), await eve.follow()]
  await before.app.close()

  t.equal((await latchkey('restore', `${folder}/backup.db`)).code, 0)
  const after = await serve(t, settings)
  const [ada2, eve2] = [await login(after, 'ada'), await login(after, 'eve')]
  // As many changes as were lost: by its number alone, an old token would do.
  await ada2.create('new')
  await eve2.create('new')
  await ada2.assertExpired(t, sinceAda)
  await eve2.assertExpired(t, sinceEve)
  t.strictSame([await ada2.titles(), await eve2.titles()], [['kept', 'new'], ['new']])
})

t.test('of two restores of one backup, neither takes the other for itself', async t => {
  const folder = t.testdir()
  const settings: Settings = { DATABASE_URL: `file:${folder}/latchkey.db` }
  const latchkey = createProgram(settings)
  const atFirst = await serve(t, settings)
  await (await signUp(atFirst, 'ada')).create('kept')
  t.equal((await latchkey('backup', `${folder}/backup.db`)).code, 0)
  await atFirst.app.close()

  /** Restores the backup, and has the user create a todo. */
  async function live(title: string) {
    t.equal((await latchkey('restore', `${folder}/backup.db`)).code, 0)
    const service = await serve(t, settings)
    const ada = await login(service, 'ada')
    await ada.create(title)
    return { service, ada }
  }

  const first = await live('first')
  const [since, { headers }] = [await first.ada.follow(), await first.ada.list()]
  await first.service.app.close()

  const { ada } = await live('second')
  await ada.assertExpired(t, since)
  const list = await ada.list({ 'if-none-match': headers.etag as string })
  t.match(list, { status: 200, body: { items: [{ title: 'kept' }, { title: 'second' }] } })
})
