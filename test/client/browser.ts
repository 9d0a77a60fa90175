/** The client in two tabs of a real Chromium: `npm run test:browser`. The browser is that of the system. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { basename, join } from 'node:path'
import type { Page } from 'playwright-core'
import t from 'tap'
import type { Client } from '../../src/client/index.ts'
import { openChromium } from '../chromium.ts'
import { start } from '../process.ts'
import { ADA } from './inject.ts'

const SOURCES = join(import.meta.dirname, '../../src/client')
const HEADERS = {
  html: { 'content-type': 'text/html' },
  script: { 'content-type': 'text/javascript' }
}

/** What the page has for the test to call. */
declare const page: { client: Client; signOuts: (string | undefined)[] }

/** Serves an empty page, and the client as browsers take it, from an origin of its own. */
async function serveClient(t: Parameters<typeof start>[0]): Promise<string> {
  const server = createServer((request, response) => {
    const file = basename(request.url ?? '')
    if (!file.endsWith('.ts'))
      return response.writeHead(200, HEADERS.html).end('<!doctype html><title>App</title>')
    const source = readFileSync(join(SOURCES, file), 'utf8')
    return response.writeHead(200, HEADERS.script).end(stripTypeScriptTypes(source))
  })
  t.teardown(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Makes a client in the page, as an application does when it is loaded. */
const open = (tab: Page, baseUrl: string) =>
  tab.evaluate(
    `import('/index.ts').then(({ createClient }) => {
      const signOuts = []
      const onSignedOut = problem => signOuts.push(problem?.code)
      globalThis.page = { signOuts, client: createClient({ baseUrl: '${baseUrl}', storage: localStorage, onSignedOut }) }
    })`
  )

t.test('two tabs in Chromium are signed in together, and out', { timeout: 60_000 }, async t => {
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
  async function newPairs() {
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
    await open(tab, url)
  }
  const [one, other] = tabs
  t.equal(await one.evaluate(() => 'locks' in navigator), true)

  const ada = await one.evaluate(body => page.client.auth.register(body), ADA)
  t.strictSame(await other.evaluate(() => page.client.auth.me()), ada, 'signed in in one, known in the other')

  const calls = () =>
    Promise.all(
      tabs.map(tab =>
        tab.evaluate(() =>
          Promise.all(Array.from({ length: 5 }, () => page.client.todos.list())).then(all => all.length)
        )
      )
    )
  await one.waitForTimeout(8100)
  t.strictSame(await calls(), [5, 5])
  t.equal(await newPairs(), 1, 'ten calls in two tabs exchange the pair once')

  await one.reload()
  await open(one, url)
  await one.waitForTimeout(8100)
  t.strictSame(await calls(), [5, 5])
  t.equal(await newPairs(), 1, 'and once after a reload')

  await one.evaluate(() => page.client.auth.logout())
  await other.waitForFunction(() => page.signOuts.length === 1)
  t.strictSame(await one.evaluate(() => page.signOuts.length), 1)
  t.strictSame(await other.evaluate(() => page.client.auth.user() === undefined), true)
  t.strictSame(errors, [])
})
