/** The client in two tabs of a real Chromium: `npm run test:browser`. The browser is that of the system. */
import type { Frame, Page, Route } from 'playwright-core'
import t, { type Test } from 'tap'
import type { Client } from '../../../src/client/index.ts'
import { openChromium } from '../../support/chromium.ts'
import { start } from '../../support/process.ts'
import { ADA } from '../in-process-client.ts'
import { serveClient } from './served-client.ts'

declare const alert: (text: string) => void
/** What the page has for the test to call. */
declare const page: { client: Client; signOuts: (string | undefined)[] }

/** Makes a client in the page, as an application does when it is loaded. */
const openClient = (tab: Page | Frame, baseUrl: string, storage = '() => localStorage') =>
  tab.evaluate(
    `import('/index.ts').then(({ createClient }) => {
      const signOuts = []
      const onSignedOut = problem => signOuts.push(problem?.code)
      globalThis.page = { signOuts, client: createClient({ baseUrl: '${baseUrl}', storage: ${storage}, onSignedOut }) }
    })`
  )

t.test('two tabs in Chromium are signed in together, and out', { timeout: 90_000 }, async t => {
  const { url } = await start(t, t.testdir(), { ACCESS_TOKEN_TTL: '8' })
  const origin = await serveClient(t)
  const browser = await openChromium(t)
  const context = await browser.newContext()
  const refreshes: { status: number; pair: Promise<{ refreshToken: string }> }[] = []
  context.on('response', response => {
    if (response.request().method() === 'POST' && response.url().endsWith('/refresh'))
      refreshes.push({ status: response.status(), pair: response.json() })
  })
  /**
   * The pairs that have come since it was asked last, all by good answers. A tab that cannot read the next pair yet asks for
   * it, too, and gets the same one: no more than one request a tab.
   */
  async function countNewPairs() {
    const answers = refreshes.splice(0)
    t.ok(answers.length <= tabs.length, 'each tab asks at most once')
    t.ok(answers.every(({ status }) => status === 200))
    const pairs = await Promise.all(answers.map(({ pair }) => pair))
    return new Set(pairs.map(({ refreshToken }) => refreshToken)).size
  }
  const errors: string[] = []
  const tabs = [await context.newPage(), await context.newPage()] as const
  for (const tab of tabs) {
    tab.on('pageerror', error => errors.push(error.message))
    await tab.goto(origin)
    await openClient(tab, url)
  }
  const [one, other] = tabs
  t.equal(await one.evaluate(() => 'locks' in navigator), true)

  const { verification: _, ...ada } = await one.evaluate(body => page.client.auth.register(body), ADA)
  t.strictSame(await other.evaluate(() => page.client.auth.me()), ada, 'signed in in one, known in the other')

  const callFromBothTabs = () =>
    Promise.all(
      tabs.map(tab =>
        tab.evaluate(() =>
          Promise.all(Array.from({ length: 5 }, () => page.client.todos.list())).then(all => all.length)
        )
      )
    )
  await one.waitForTimeout(8100)
  t.strictSame(await callFromBothTabs(), [5, 5])
  t.equal(await countNewPairs(), 1, 'ten calls in two tabs exchange the pair once')

  await one.reload()
  await openClient(one, url)
  await one.waitForTimeout(8100)
  t.strictSame(await callFromBothTabs(), [5, 5])
  t.equal(await countNewPairs(), 1, 'and once after a reload')

  await one.evaluate(() => page.client.auth.logout())
  await other.waitForFunction(() => page.signOuts.length === 1)
  t.strictSame(await one.evaluate(() => page.signOuts.length), 1)
  t.strictSame(await other.evaluate(() => page.client.auth.user() === undefined), true)
  t.strictSame(errors, [])
})

/** Seconds for which an access token lives: longer than a tab waits for the lock of another one. */
const TTL = 7
/** Milliseconds after which it has run out. */
const EXPIRY_WAIT = TTL * 1000 + 200

/** Two tabs that are signed in, with an access token that has just run out. */
async function openTwoTabs(t: Test, storage?: string) {
  const { url } = await start(t, t.testdir(), { ACCESS_TOKEN_TTL: `${TTL}` })
  const origin = await serveClient(t)
  const context = await (await openChromium(t)).newContext()
  const [one, other] = [await context.newPage(), await context.newPage()]
  for (const tab of [one, other]) {
    await tab.goto(origin)
    await openClient(tab, url, storage)
  }
  await one.evaluate(body => page.client.auth.register(body), ADA)
  if (storage) await other.evaluate(body => page.client.auth.login(body), LOGIN)
  await one.waitForTimeout(EXPIRY_WAIT)
  return { context, one, other, origin, url }
}

const LOGIN = { email: ADA.email, password: ADA.password }
const fetchUsername = (tab: Page | Frame) =>
  tab.evaluate(() => page.client.auth.me().then(({ username }) => username))
const readSignOuts = (tab: Page | Frame) => tab.evaluate(() => page.signOuts)

/** Keeps answers to refreshes back, until they are let go; the service has given them. */
async function holdRefreshes(tab: Page) {
  const routes: Route[] = []
  let release = () => {}
  const until = new Promise<void>(resolve => {
    release = resolve
  })
  await tab.route('**/refresh', async route => {
    routes.push(route)
    const response = await route.fetch()
    await until
    await route.fulfill({ response })
  })
  async function waitForRefresh() {
    while (routes.length === 0) await tab.waitForTimeout(10)
  }
  return { release, begun: waitForRefresh }
}

async function timeWork<Result>(work: Promise<Result>): Promise<[Result, number]> {
  const since = performance.now()
  return [await work, performance.now() - since]
}

t.test(
  'a tab that stands at an alert() holds nobody up, and goes on with the rest',
  { timeout: 90_000 },
  async t => {
    const { one, other } = await openTwoTabs(t)
    const { release, begun: waitForRefresh } = await holdRefreshes(one)
    const waiting = fetchUsername(one)
    await waitForRefresh()
    // It has the lock, and its answer is on the way.
    const dialogs: { dismiss(): Promise<void> }[] = []
    one.on('dialog', dialog => dialogs.push(dialog))
    const alerted = one.evaluate(() => {
      alert('Stop')
      return page.client.todos.list().then(({ items }) => items)
    })
    while (dialogs.length === 0) await other.waitForTimeout(10)

    const [name, duration] = await timeWork(fetchUsername(other))
    t.equal(name, 'ada')
    t.ok(
      duration > 4000 && duration < EXPIRY_WAIT,
      `${Math.round(duration)} ms: it waits for a while, and goes on without the lock`
    )
    // The other one gets two pairs further, then all comes at once.
    for (const _ of [1, 2]) {
      await other.waitForTimeout(EXPIRY_WAIT)
      t.equal(await fetchUsername(other), 'ada')
    }
    release()
    await Promise.all(dialogs.map(dialog => dialog.dismiss()))
    t.strictSame(await alerted, [])
    t.equal(await waiting, 'ada')
    await one.unrouteAll()
    await other.waitForTimeout(EXPIRY_WAIT)
    t.strictSame([await fetchUsername(one), await fetchUsername(other)], ['ada', 'ada'])
    t.strictSame([await readSignOuts(one), await readSignOuts(other)], [[], []])
  }
)

t.test('nor does one that is busy', { timeout: 90_000 }, async t => {
  const { one, other } = await openTwoTabs(t)
  const busy = one.evaluate(() => {
    const call = page.client.auth.me()
    // The lock is asked for, and the request follows, before it is busy.
    return new Promise(resolve => setTimeout(resolve, 120)).then(() => {
      for (const end = performance.now() + 9000; performance.now() < end; );
      return call.then(({ username }) => username)
    })
  })
  await other.waitForTimeout(300)
  const [name, duration] = await timeWork(fetchUsername(other))
  t.equal(name, 'ada')
  t.ok(duration < EXPIRY_WAIT, `${Math.round(duration)} ms`)
  t.equal(await busy, 'ada')
  t.strictSame([await readSignOuts(one), await readSignOuts(other)], [[], []])
})

t.test('tabs with a sessionStorage each do not wait for each other', { timeout: 90_000 }, async t => {
  const { one, other } = await openTwoTabs(t, '() => sessionStorage')
  const { release, begun: waitForRefresh } = await holdRefreshes(one)
  const waiting = fetchUsername(one)
  await waitForRefresh()
  const [name, duration] = await timeWork(fetchUsername(other))
  t.equal(name, 'ada')
  t.ok(duration < 2000, `${Math.round(duration)} ms`)
  release()
  t.equal(await waiting, 'ada')
})

t.test('a captive portal leaves the session as it is', { timeout: 90_000 }, async t => {
  const { context, one, other, url } = await openTwoTabs(t)
  const stored = () => one.evaluate(() => JSON.stringify(localStorage))
  const before = await stored()
  await context.route(`${url}/**`, route =>
    route.fulfill({
      contentType: 'text/html',
      headers: { 'access-control-allow-origin': '*' },
      body: '<!doctype html><title>Free Wi-Fi</title>'
    })
  )
  const failure = () =>
    page.client.auth.me().then(
      () => 'none',
      ({ name, contentType }) => `${name} ${contentType}`
    )
  t.strictSame(await Promise.all([one.evaluate(failure), other.evaluate(failure)]), [
    'UnexpectedResponseError text/html',
    'UnexpectedResponseError text/html'
  ])
  t.equal(await stored(), before)
  await one.reload()
  await openClient(one, url)
  t.equal(await one.evaluate(() => page.client.auth.user()?.username), 'ada')
  await context.unrouteAll()
  t.strictSame([await fetchUsername(one), await fetchUsername(other)], ['ada', 'ada'])
  t.strictSame([await readSignOuts(one), await readSignOuts(other)], [[], []])
})

t.test('where a page may not have a storage, memory takes its place', { timeout: 90_000 }, async t => {
  const { one, origin, url } = await openTwoTabs(t)
  await one.setContent(`<iframe sandbox="allow-scripts" src="${origin}"></iframe>`)
  const frame = one.frames().at(-1) as Frame
  await frame.waitForLoadState()
  const forbidden = () => {
    try {
      return localStorage.length
    } catch (error) {
      return (error as Error).name
    }
  }
  t.equal(await frame.evaluate(forbidden), 'SecurityError')
  await openClient(frame, url)
  await frame.evaluate(body => page.client.auth.login(body), LOGIN)
  await one.waitForTimeout(EXPIRY_WAIT)
  t.equal(await fetchUsername(frame), 'ada')
  // Channels and locks are forbidden there, too.
  await openClient(frame, url, '{ getItem: () => localStorage.length, setItem() {}, removeItem() {} }')
  await frame.evaluate(body => page.client.auth.login(body), LOGIN)
  await one.waitForTimeout(EXPIRY_WAIT)
  t.equal(await fetchUsername(frame), 'ada')
  t.strictSame(await readSignOuts(frame), [])
})
