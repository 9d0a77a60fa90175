/** Changes and replicas in tabs of a real Chromium: part of `npm run test:browser`. */
import type { BrowserContext, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import type { ChangePage, Client } from '../../../src/client/index.ts'
import type { Replica } from '../../../src/client/replica/index.ts'
import { pages, readBlocks } from '../../docs/pages.ts'
import { openChromium } from '../../support/chromium.ts'
import { run, start } from '../../support/process.ts'
import { ADA } from '../in-process-client.ts'
import { serveClient } from './served-client.ts'

/** What the page has for the test to call. */
declare const document: {
  querySelector(selector: string): { textContent: string }
  querySelectorAll(selector: string): Iterable<{ textContent: string }>
}
declare const page: { client: Client; replica: Replica; refusals: string[]; pages: ChangePage[] }

async function openBrowser(t: Test, settings = {}) {
  const home = t.testdir()
  const { url } = await start(t, home, settings)
  const origin = await serveClient(t)
  const context = await (await openChromium(t)).newContext()
  const errors: string[] = []
  async function openTab(): Promise<Page> {
    const tab = await context.newPage()
    tab.on('pageerror', error => errors.push(error.message))
    await tab.goto(origin)
    return tab
  }
  return { home, url, context, errors, openTab }
}

/** Makes a client in the page, as an application does when it is loaded. */
const openClient = (tab: Page, baseUrl: string) =>
  tab.evaluate(
    `import('/index.ts').then(({ createClient }) => {
      globalThis.page = { client: createClient({ baseUrl: '${baseUrl}', storage: () => localStorage }) }
    })`
  )

/** Makes a replica in the page, in IndexedDB. */
const openReplica = (tab: Page) =>
  tab.evaluate(
    `import('/replica/index.ts').then(async ({ createReplica, indexedDbStorage }) => {
      page.refusals = []
      const onRefused = ({ op }, { code }) => page.refusals.push(op + ' ' + code)
      page.replica = await createReplica({ client: page.client, storage: indexedDbStorage('todos'), onRefused })
    })`
  )

const readTitles = (tab: Page) => tab.evaluate(() => page.replica.todos.list().map(({ title }) => title))
const waitForTitles = (tab: Page, titles: string[]) =>
  tab.waitForFunction(
    expected =>
      page.replica.todos
        .list()
        .map(({ title }) => title)
        .join() === expected,
    titles.join()
  )
const waitUntilSent = (tab: Page) =>
  tab.waitForFunction(() => page.replica.status().pendingEdits === 0 && page.replica.status().isComplete)
const fetchTitles = (tab: Page) =>
  tab.evaluate(() => page.client.todos.list().then(({ items }) => items.map(({ title }) => title)))

/** Makes the network go away and come back, as the browser sees it. */
const setOffline = (context: BrowserContext, isOffline: boolean) => context.setOffline(isOffline)

t.test('changes come over a stream, through a refresh and an outage', { timeout: 90_000 }, async t => {
  const { url, context, errors, openTab } = await openBrowser(t, { ACCESS_TOKEN_TTL: '5' })
  const tab = await openTab()
  await openClient(tab, url)
  const requests: string[] = []
  context.on('request', request => requests.push(`${request.method()} ${request.url().replace(url, '')}`))
  await tab.evaluate(body => page.client.auth.register(body), ADA)
  await tab.evaluate(() => {
    page.pages = []
    const follow = async () => {
      for await (const changes of page.client.changes()) page.pages.push(changes)
    }
    void follow()
  })
  const waitForTitle = (title: string) =>
    tab.waitForFunction(
      expected => page.pages.some(({ changes }) => changes.some(({ todo }) => todo?.title === expected)),
      title
    )
  const create = (title: string) => tab.evaluate(title => page.client.todos.create({ title }), title)
  await tab.waitForFunction(() => page.pages.length > 0)
  const since = performance.now()
  await create('a')
  await waitForTitle('a')
  t.ok(performance.now() - since < 2000, 'at once')
  await tab.waitForTimeout(6000)
  await create('b')
  await waitForTitle('b')
  await setOffline(context, true)
  await tab.waitForTimeout(500)
  await setOffline(context, false)
  await create('c')
  await waitForTitle('c')
  const titles = await tab.evaluate(() =>
    page.pages.flatMap(({ changes }) => changes.map(({ todo }) => todo?.title))
  )
  t.strictSame(titles, ['a', 'b', 'c'], 'nothing twice')
  t.notOk(requests.includes('GET /api/changes'), 'nothing is polled')
  t.strictSame(errors, [])
})

t.test('the live list of the documentation', { timeout: 90_000 }, async t => {
  const { home, url, errors, openTab } = await openBrowser(t)
  const tab = await openTab()
  await openClient(tab, url)
  const [html = ''] = pages
    .filter(({ path }) => path === 'docs/client.md')
    .flatMap(readBlocks)
    .filter(({ language, text }) => language === 'html' && text.includes('client.changes'))
    .map(({ text }) => text)
  const live = await openTab()
  const show = () =>
    live.setContent(
      html.replace('/latchkey-client/index.js', '/index.ts').replace('https://todos.example', url)
    )
  const waitForSignedOut = () =>
    live.waitForFunction(() => document.querySelector('#list').textContent === 'Nobody is signed in.')
  await show()
  await waitForSignedOut()
  await tab.evaluate(body => page.client.auth.register(body), ADA)
  await show()
  const waitForItems = (titles: string[]) =>
    live.waitForFunction(
      expected => Array.from(document.querySelectorAll('li'), item => item.textContent).join() === expected,
      titles.join()
    )
  const milk = await tab.evaluate(() => page.client.todos.create({ title: 'Buy milk' }))
  await tab.evaluate(() => page.client.todos.create({ title: 'Bake bread' }))
  await waitForItems(['Buy milk', 'Bake bread'])
  await tab.evaluate(id => page.client.todos.move(id, { to: 'bottom' }), milk.id)
  await waitForItems(['Bake bread', 'Buy milk'])
  await tab.evaluate(id => page.client.todos.delete(id), milk.id)
  await waitForItems(['Bake bread'])
  // All tokens expire, as after a restore.
  t.match(await run(['sync', 'reset'], home, {}), { code: 0 })
  await tab.evaluate(() => page.client.todos.create({ title: 'Call Zoë' }))
  await waitForItems(['Bake bread', 'Call Zoë'])
  await tab.evaluate(() => page.client.auth.logout())
  await waitForSignedOut()
  t.strictSame(errors, [])
})

t.test('[WHOLE] two tabs with one replica, without a network, over reloads', { timeout: 90_000 }, async t => {
  const { url, context, errors, openTab } = await openBrowser(t)
  const [one, other] = [await openTab(), await openTab()]
  for (const tab of [one, other]) await openClient(tab, url)
  await one.evaluate(body => page.client.auth.register(body), ADA)
  for (const tab of [one, other]) await openReplica(tab)

  await one.evaluate(() => page.replica.todos.create({ title: 'by one' }))
  await waitForTitles(other, ['by one'])
  await waitUntilSent(one)
  await other.evaluate(() => page.replica.todos.create({ title: 'by other' }))
  await waitForTitles(one, ['by one', 'by other'])
  await waitUntilSent(other)
  t.strictSame(await fetchTitles(one), ['by one', 'by other'])
  await one.evaluate(() => page.client.todos.create({ title: 'elsewhere' }))
  for (const tab of [one, other]) await waitForTitles(tab, ['by one', 'by other', 'elsewhere'])

  await setOffline(context, true)
  await other.evaluate(() => {
    const [first, second] = page.replica.todos.list()
    return Promise.all([
      page.replica.todos.patch(`${first?.id}`, { title: 'mine' }),
      page.replica.todos.move(`${second?.id}`, { to: 'bottom' }),
      page.replica.todos.create({ title: 'offline' })
    ])
  })
  const expected = ['mine', 'elsewhere', 'by other', 'offline']
  t.strictSame(await readTitles(other), expected)
  await waitForTitles(one, expected)
  await setOffline(context, false)
  for (const tab of [one, other]) await waitUntilSent(tab)
  t.strictSame(await fetchTitles(one), expected)

  // The application comes from elsewhere: only the service is out of reach.
  await context.route(`${url}/**`, route => route.abort())
  await one.evaluate(() => page.replica.todos.create({ title: 'before the reload' }))
  await other.close()
  await one.reload()
  await openClient(one, url)
  await openReplica(one)
  t.strictSame(await readTitles(one), [...expected, 'before the reload'], 'all is there at once')
  await context.unrouteAll()
  await waitUntilSent(one)
  t.strictSame(await fetchTitles(one), [...expected, 'before the reload'])

  const third = await openTab()
  await openClient(third, url)
  await openReplica(third)
  await third.evaluate(() => page.replica.clear())
  t.strictSame(await readTitles(one), [])
  const databases = await one.evaluate(
    `new Promise(resolve => {
      const request = indexedDB.open('todos')
      request.onsuccess = () => {
        const count = request.result.transaction('records').objectStore('records').count()
        count.onsuccess = () => {
          request.result.close()
          resolve(count.result)
        }
      }
    })`
  )
  t.equal(databases, 0, 'nothing is left')
  const deletion = await one.evaluate(
    `new Promise(resolve => {
      const request = indexedDB.deleteDatabase('todos')
      request.onsuccess = () => resolve('deleted')
      request.onblocked = () => resolve('blocked')
    })`
  )
  t.equal(deletion, 'deleted', 'no tab holds the database')
  t.strictSame(await one.evaluate(() => page.refusals), [])
  t.strictSame(errors, [])
})
