/** The pages for people in a real Chromium, by keyboard only, with script and without: `npm run test:browser`. */
import type { Browser, Page } from 'playwright-core'
import t from 'tap'
import { openChromium } from '../support/chromium.ts'
import { codeOf, type SentMail } from '../support/mailbox.ts'
import { PASSWORD } from '../support/service.ts'
import { APPEARANCE, openWatchedPage, tabTo } from '../support/watched-page.ts'
import { ADA, NEW_PASSWORD, servePages } from './visitor.ts'

type Test = Parameters<typeof openChromium>[0]

/** What a browser says of an answer that is no success, by itself. */
const STATUS = /status of 4\d\d/

/** Starts the service where a browser reaches it, and signs somebody up. */
async function serveToBrowsers(t: Test) {
  const service = await servePages(t)
  const url = await service.app.listen({ host: '127.0.0.1', port: 0 })
  const pair = await service.signUp(ADA)
  const [verification] = await service.takeMails()
  return { ...service, url, pair, verification }
}

const linkIn = (mail: SentMail | undefined, url: string) =>
  `${url}${/https:\/\/id\.example(\/account\/\S+)/.exec(mail?.text ?? '')?.[1]}`

/** Types into the fields, one Tab after the other, and sends the form by the Enter key. */
async function fill(page: Page, values: Record<string, string>) {
  for (const [name, value] of Object.entries(values)) {
    await tabTo(page, `#${name}`)
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type(value)
  }
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
}

/** What a screen reader says of a field. */
async function describeField(page: Page, label: string) {
  const session = await page.context().newCDPSession(page)
  const { root } = await session.send('DOM.getDocument')
  const { nodes } = await session.send('Accessibility.queryAXTree', {
    nodeId: root.nodeId,
    accessibleName: label,
    role: 'textbox'
  })
  const invalid = nodes[0]?.properties?.find(({ name }) => name === 'invalid')?.value.value
  return { description: nodes[0]?.description?.value, invalid }
}

/** Opens a form that was refused: the summary has the focus, and its link leads to the field. */
async function checkRefusal(t: Test, page: Page, name: string, heading: string) {
  t.match(await page.title(), `Error: ${heading}`)
  await page.locator('.summary:focus').waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.locator(`#${name}:focus`).waitFor()
  await page.evaluate('scrollTo(0, 0), document.activeElement.blur()')
}

for (const javaScriptEnabled of [true, false]) {
  const open = (browser: Browser, url: string) =>
    openWatchedPage(browser, url, undefined, { javaScriptEnabled })
  const script = javaScriptEnabled ? 'with script' : 'without script'

  t.test(`somebody chooses a new password, ${script}`, { timeout: 120_000 }, async t => {
    const { url, call, requestResetToken } = await serveToBrowsers(t)
    const { page, troubles } = await open(await openChromium(t), url)
    const token = await requestResetToken(ADA.email)
    await page.goto(`${url}/account/reset-password?token=${token}`)
    t.equal(await page.title(), 'Choose a new password – A & B')
    t.match(await describeField(page, 'New password'), {
      description: /^8 to 128 characters/,
      invalid: 'false'
    })

    await fill(page, { newPassword: 'short' })
    const fault = 'The new password is not accepted; give 8 to 128 characters of any kind.'
    t.match(await describeField(page, 'New password'), {
      description: new RegExp(`${fault}$`),
      invalid: 'true'
    })
    t.equal(await page.locator('#newPassword').inputValue(), '')
    await checkRefusal(t, page, 'newPassword', 'Choose a new password')

    await fill(page, { newPassword: NEW_PASSWORD })
    await page.getByRole('heading', { name: 'The password is changed' }).waitFor()
    t.match(await call('POST', '/api/auth/login', { body: { email: ADA.email, password: NEW_PASSWORD } }), {
      status: 200
    })
    await page.reload()
    t.match(await page.title(), 'Error: The link is no longer good')
    t.strictSame(
      troubles.filter(trouble => !STATUS.test(trouble)),
      []
    )
  })

  t.test(`somebody confirms an e-mail, ${script}`, { timeout: 120_000 }, async t => {
    const { url, call, pair, verification } = await serveToBrowsers(t)
    const { page, troubles } = await open(await openChromium(t), url)
    await page.goto(linkIn(verification, url))
    const code = verification ? codeOf(verification) : ''

    await fill(page, { code, password: 'nonsense' })
    t.match(await describeField(page, 'Password'), { description: /The password is wrong/, invalid: 'true' })
    t.match(await describeField(page, 'Code'), { invalid: 'false' })
    t.equal(await page.locator('#code').inputValue(), code)
    await checkRefusal(t, page, 'password', 'Confirm your e-mail')

    await fill(page, { code, password: PASSWORD })
    await page.getByRole('heading', { name: 'Your e-mail is confirmed' }).waitFor()
    t.match((await call('GET', '/api/auth/me', { token: pair.accessToken })).body, { emailVerified: true })
    t.strictSame(
      troubles.filter(trouble => !STATUS.test(trouble)),
      []
    )
  })

  t.test(`somebody puts an e-mail back, ${script}`, { timeout: 120_000 }, async t => {
    const { url, call, pair, takeMails } = await serveToBrowsers(t)
    const { accessToken: token } = pair
    const change = { email: 'eve@example.org', currentPassword: PASSWORD }
    const { challengeId } = (await call('PUT', '/api/auth/email', { token, body: change })).body
    const [mail] = await takeMails()
    const code = mail ? codeOf(mail) : ''
    await call('POST', '/api/auth/email/confirm', { token, body: { challengeId, code } })
    const [notice] = await takeMails()

    const { page, troubles } = await open(await openChromium(t), url)
    await page.goto(linkIn(notice, url))
    await tabTo(page, 'button')
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
    await page.getByRole('heading', { name: 'Your e-mail is back' }).waitFor()
    t.match(await call('POST', '/api/auth/login', { body: { email: ADA.email, password: PASSWORD } }), {
      status: 200
    })
    t.strictSame(troubles, [])
  })
}

t.test('the pages, wide and narrow, light and dark', { timeout: 120_000 }, async t => {
  const { url, requestResetToken, verification } = await serveToBrowsers(t)
  const browser = await openChromium(t)
  const reset = `${url}/account/reset-password?token=${await requestResetToken(ADA.email)}`
  const { SCREENSHOTS } = process.env
  for (const width of [1200, 360])
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await openWatchedPage(browser, url, { width, height: 800 }, { colorScheme })
      const look = async (name: string) => {
        t.strictSame(await page.evaluate(APPEARANCE), {
          isStyled: true,
          isDark: colorScheme === 'dark',
          isWithin: true
        })
        if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}-${colorScheme}-${width}.png` })
      }
      await page.goto(reset)
      await look('reset')
      await fill(page, { newPassword: 'short' })
      await look('reset-refused')
      await page.goto(linkIn(verification, url))
      await look('confirm')
      await fill(page, { code: '1', password: '' })
      await look('confirm-refused')
      await page.goto(`${url}/account/revert-email?token=x`)
      await look('revert-invalid')
    }
})
