/** Passkeys in a real Chromium with its virtual authenticator: `npm run test:browser`. The browser is that of the system. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CDPSession } from 'playwright-core'
import t from 'tap'
import type { Client } from '../../../src/client/index.ts'
import { openChromium } from '../../support/chromium.ts'
import { start } from '../../support/process.ts'
import { ADA } from '../in-process-client.ts'
import { serveClient } from './served-client.ts'

/** What the page has for the test to call. */
declare const page: { client: Client; signOuts: (string | undefined)[] }

const DOCS = join(import.meta.dirname, '../../../docs/sign-in.md')

/** An authenticator that is built into the device, and answers at once. */
const authenticator = {
  protocol: 'ctap2',
  transport: 'internal',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true
} as const

async function addAuthenticator(cdp: CDPSession): Promise<string> {
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: authenticator })
  return authenticatorId
}

/** The example of the documentation, as a page runs it. */
function readExample(baseUrl: string): string {
  const [, example = ''] = /```ts\n(.*?supportsPasskeys.*?)```/s.exec(readFileSync(DOCS, 'utf8')) ?? []
  return example
    .replace(/import .*\n/, "const { createClient, supportsPasskeys } = await import('/index.ts')\n")
    .replace('http://localhost:3000', baseUrl)
}

t.test('passkeys in Chromium', { timeout: 90_000 }, async t => {
  const { url } = await start(t, t.testdir(), { MAIL_URL: 'off' })
  const origin = (await serveClient(t)).replace('127.0.0.1', 'localhost')
  const browser = await openChromium(t)
  const tab = await (await browser.newContext()).newPage()
  const cdp = await tab.context().newCDPSession(tab)
  await cdp.send('WebAuthn.enable')
  const authenticatorId = await addAuthenticator(cdp)
  await tab.goto(origin)
  await tab.evaluate(
    `import('/index.ts').then(({ createClient }) => {
      globalThis.page = { client: createClient({ baseUrl: '${url}', storage: () => localStorage }) }
    })`
  )
  const getName = (work: Promise<{ username: string }>) => work.then(({ username }) => username)

  await t.test('one is made, and signs in without a name, also from the autofill', async t => {
    const { verification: _, ...ada } = await tab.evaluate(body => page.client.auth.register(body), ADA)
    const added = await tab.evaluate(() => page.client.auth.addPasskey('Laptop'))
    t.match(added, { name: 'Laptop', backedUp: false, recoveryCodes: { length: 10 } })
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
    t.match(credentials, [{ isResidentCredential: true, rpId: 'localhost' }])
    for (const mediation of ['optional', 'conditional'] as const) {
      await tab.evaluate(() => page.client.auth.logout())
      const user = await tab.evaluate(way => page.client.auth.loginWithPasskey({ mediation: way }), mediation)
      t.strictSame(user, ada, mediation)
    }
    t.match(await tab.evaluate(() => page.client.auth.passkeys()), [{ lastUsedAt: String }])
  })

  await t.test('a second one in the same device is refused by the browser', async t => {
    const refusal = await tab.evaluate(() => page.client.auth.addPasskey().catch(({ name }) => name))
    t.equal(refusal, 'InvalidStateError')
  })

  await t.test('what the user refuses, or is not verified for, rejects, and nothing changes', async t => {
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
    const refusal = await tab.evaluate(() => page.client.auth.loginWithPasskey().catch(({ name }) => name))
    t.equal(refusal, 'NotAllowedError')
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
    const aborted = await tab.evaluate(() => {
      const controller = new AbortController()
      const login = page.client.auth.loginWithPasskey({ signal: controller.signal }).catch(({ name }) => name)
      controller.abort()
      return login
    })
    t.equal(aborted, 'AbortError')
    t.equal(await getName(tab.evaluate(() => page.client.auth.me())), 'ada')
  })

  await t.test('the example of the documentation', async t => {
    await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
    const first = await addAuthenticator(cdp)
    const example = readExample(url)
    t.match(example, /createFirstPasskey/)
    const untilSecond = example.replace(/^.*addPasskey.*\n/m, '  globalThis.shown = client\n')
    const logged: string[] = []
    tab.on('console', message => logged.push(message.text()))
    await tab.evaluate(`(async () => {${untilSecond}})()`)
    t.match(logged, [/^\[.+\]$/])
    // The same device makes no second one for an account.
    await cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: first })
    await addAuthenticator(cdp)
    const names = await tab.evaluate(
      "shown.auth.addPasskey('Security key').then(() => shown.auth.passkeys()).then(all => all.map(({ name }) => name))"
    )
    t.strictSame(names, ['Passkey', 'Security key'])
  })
})
