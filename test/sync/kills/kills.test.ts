import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type Client, createClient, type Todo, type TokenPair } from '../../../src/client/index.ts'
import { toAccount } from '../../cluster/two-workers.ts'
import { send } from '../../support/process.ts'
import { createRandom } from '../../support/random.ts'
import { pick } from '../model/writes.ts'
import { type Call, openPersistentClient } from './persistent-call.ts'
import { createPersistentWriter } from './persistent-writer.ts'
import { startProcesses } from './processes.ts'

/** Each takes some seconds. */
const KILLS = Number(process.env.SYNC_KILLS ?? 0)
const skip = KILLS === 0 && 'takes minutes: npm run test:long'
const [WRITERS, POLLING_FOLLOWERS, STREAM_FOLLOWERS] = [6, 3, 2]
/** The most milliseconds for which the writers go on before somebody is killed. */
const MAX_LIFE = 1500
const MAX_PAGE = 50

/** Follows by asking for pages. @returns what reads the next page, and whether there is more */
function createPollingFollower(call: Call, random: () => number) {
  const copy = new Map<string, Todo>()
  let since = ''
  return {
    copy,
    async readPage(): Promise<boolean> {
      const limit = 1 + Math.floor(MAX_PAGE * random())
      const { status, body } = await call('GET', `/api/changes?limit=${limit}${since && `&since=${since}`}`)
      if (status !== 200) throw new Error(JSON.stringify(body))
      applyPage(copy, body.changes)
      since = body.next
      return body.more
    }
  }
}

function applyPage(copy: Map<string, Todo>, changes: readonly { id: string; todo?: Todo }[]) {
  for (const { id, todo } of changes)
    if (todo) copy.set(id, todo)
    else copy.delete(id)
}

/** Follows by a stream, until the signal aborts. */
async function followStream(client: Client, copy: Map<string, Todo>, signal: AbortSignal) {
  try {
    for await (const { changes } of client.changes({ signal })) applyPage(copy, changes)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** All todos with those in the trash. */
async function listAll(call: Call): Promise<Todo[]> {
  const todos: Todo[] = []
  for (const deleted of [false, true])
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = `limit=200&deleted=${deleted}${cursor && `&cursor=${cursor}`}`
      const { body } = await call('GET', `/api/todos?${query}`)
      todos.push(...body.items)
      cursor = body.nextCursor
    }
  return todos.sort(byId)
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)
const toSorted = (copy: ReadonlyMap<string, Todo>) => [...copy.values()].sort(byId)

t.test('[SEQ] [NOMISS] processes are killed: nothing acknowledged is lost or missed', { skip }, async t => {
  const random = createRandom(KILLS)
  const { urls, kill } = await startProcesses(t, { ACCESS_TOKEN_TTL: '3600' })
  const account = toAccount('ada')
  const { body: pair } = await send(`${urls[0]}/api/auth/register`, { body: account })
  const { accessToken } = pair as TokenPair
  const open = () => openPersistentClient(t, urls, accessToken, random)

  const writers = Array.from({ length: WRITERS }, (_, number) =>
    createPersistentWriter(`writer ${number}`, open(), random)
  )
  const pollingFollowers = Array.from({ length: POLLING_FOLLOWERS }, () =>
    createPollingFollower(open(), random)
  )
  const controller = new AbortController()
  const streams = await Promise.all(
    Array.from({ length: STREAM_FOLLOWERS }, async () => {
      const baseUrl = 'http://service'
      const platform = {
        fetch: (url: string, init: RequestInit) => fetch(url.replace(baseUrl, pick(random, urls)), init)
      }
      const client = createClient({ baseUrl, platform })
      await client.auth.login({ email: account.email, password: account.password })
      const copy = new Map<string, Todo>()
      return { copy, running: followStream(client, copy, controller.signal) }
    })
  )

  let isQuiet = false
  const writing = writers.map(async ({ write }) => {
    while (!isQuiet) await write()
  })
  const polling = pollingFollowers.map(async ({ readPage }) => {
    while (!isQuiet) if (!(await readPage())) await sleep(100 * random())
  })
  for (let kills = 0; kills < KILLS; kills++) {
    await sleep(MAX_LIFE * random())
    await kill(random() < 0.5 ? 0 : 1)
  }
  isQuiet = true
  await Promise.all([...writing, ...polling])

  const todos = await listAll(open())
  const expected = writers.flatMap(({ known }) => Array.from(known, ([id, todo]) => ({ id, ...todo })))
  t.strictSame(
    todos.map(({ id, title, deletedAt }) => ({ id, title, isDeleted: deletedAt !== null })),
    expected.sort(byId),
    'the service has what it has acknowledged, once'
  )
  for (const { copy, readPage } of pollingFollowers) {
    while (await readPage());
    t.strictSame(toSorted(copy), todos)
  }
  const text = JSON.stringify(todos)
  for (const { copy } of streams) while (JSON.stringify(toSorted(copy)) !== text) await sleep(50)
  t.pass('whoever follows a stream has them, too')
  controller.abort()
  await Promise.all(streams.map(({ running }) => running))
  t.comment(`${KILLS} kills, ${todos.length} todos`)
})
