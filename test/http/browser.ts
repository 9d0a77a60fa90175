/** The pages in a real Chromium: `npm run test:browser`. `npm run screenshot` keeps a picture of the docs, for README. */
import type { Page } from 'playwright-core'
import t from 'tap'
import { openChromium } from '../support/chromium.ts'
import { start } from '../support/process.ts'
import { APPEARANCE, openWatchedPage, tabTo } from '../support/watched-page.ts'

const operation = (page: Page, id: string) => page.locator(`#operations-${id}`)
const summary = (page: Page, id: string) => operation(page, id).locator('.opblock-summary-control')
/** The answer to what was tried: its status, and its body. */
const readAnswer = async (page: Page, id: string) => {
  const answer = operation(page, id).locator('.live-responses-table tr.response')
  await answer.waitFor()
  const status = await answer.locator('.response-col_status').innerText()
  return { status: status.trim(), body: JSON.parse(await answer.locator('.microlight').first().innerText()) }
}

/** The form for the access token of a session. */
const SESSION_FORM = '.auth-container >> nth=0'

t.test('the docs, with a mouse', { timeout: 120_000 }, async t => {
  const { url } = await start(t, t.testdir())
  const { page, troubles } = await openWatchedPage(await openChromium(t), url)
  await page.goto(`${url}/docs`)

  await summary(page, 'auth-register').click()
  await operation(page, 'auth-register').locator('.execute').click()
  const registered = await readAnswer(page, 'auth-register')
  t.match(registered, { status: '201', body: { accessToken: /^eyJ/, user: { username: 'ada' } } })

  await page.locator('.auth-wrapper > .authorize').click()
  const session = page.locator(SESSION_FORM)
  await session.locator('#auth-bearer-value').fill(registered.body.accessToken)
  await session.locator('.auth-btn-wrapper .authorize').click()
  await session.locator('.auth-btn-wrapper .btn-done').click()
  await summary(page, 'auth-register').click()

  await summary(page, 'todos-createTodo').click()
  await operation(page, 'todos-createTodo').locator('.execute').click()
  const made = await readAnswer(page, 'todos-createTodo')
  t.match(made, { status: '201', body: { title: 'Buy milk' } })

  await summary(page, 'todos-createTodo').click()
  await summary(page, 'todos-listTodos').click()
  await operation(page, 'todos-listTodos').locator('.execute').click()
  t.strictSame(await readAnswer(page, 'todos-listTodos'), {
    status: '200',
    body: { items: [made.body], nextCursor: null }
  })
  t.strictSame(troubles, [])

  const { SCREENSHOT } = process.env
  if (SCREENSHOT) await takeScreenshot(page, SCREENSHOT)

  // Nothing of who was signed in stays behind.
  await page.reload()
  await page.locator('.auth-wrapper > .authorize.unlocked').waitFor()
})

/** Keeps a picture of an operation that is tried, from its name to its answer. */
async function takeScreenshot(page: Page, file: string) {
  await page.setViewportSize({ width: 1200, height: 880 })
  await summary(page, 'auth-listSessions').click()
  await operation(page, 'auth-listSessions').locator('.execute').click()
  await readAnswer(page, 'auth-listSessions')
  await operation(page, 'auth-listSessions').evaluate(element => element.scrollIntoView())
  await page.screenshot({ path: file })
}

t.test('the docs, with a keyboard', { timeout: 120_000 }, async t => {
  const { url } = await start(t, t.testdir())
  const { page, troubles } = await openWatchedPage(await openChromium(t), url)
  await page.goto(`${url}/docs`)
  await summary(page, 'auth-register').waitFor()

  await tabTo(page, '#operations-auth-register .opblock-summary-control')
  await page.keyboard.press('Enter')
  await page.locator('#operations-auth-register .execute').waitFor()
  await tabTo(page, '#operations-auth-register .execute')
  await page.keyboard.press('Enter')
  const { body } = await readAnswer(page, 'auth-register')

  await tabTo(page, '.auth-wrapper > .authorize')
  await page.keyboard.press('Enter')
  await page.locator('#auth-bearer-value:focus').waitFor()
  // The form of personal access tokens is below, and its field has the focus first.
  await tabTo(page, `${SESSION_FORM} >> #auth-bearer-value`)
  await page.keyboard.insertText(body.accessToken)
  await tabTo(page, `${SESSION_FORM} >> .auth-btn-wrapper .authorize`)
  await page.keyboard.press('Enter')
  await tabTo(page, `${SESSION_FORM} >> .auth-btn-wrapper .btn-done`)
  await page.keyboard.press('Enter')
  // Until it is gone it holds the focus.
  await page.locator('.dialog-ux').waitFor({ state: 'detached' })

  await tabTo(page, '#operations-auth-getMe .opblock-summary-control')
  await page.keyboard.press('Enter')
  await page.locator('#operations-auth-getMe .execute').waitFor()
  await tabTo(page, '#operations-auth-getMe .execute')
  await page.keyboard.press('Enter')
  t.strictSame(await readAnswer(page, 'auth-getMe'), { status: '200', body: body.user })
  t.strictSame(troubles, [])
})

t.test('the pages, wide and narrow, light and dark', { timeout: 120_000 }, async t => {
  const { url } = await start(t, t.testdir())
  const browser = await openChromium(t)
  for (const width of [1200, 400]) {
    const { page, troubles } = await openWatchedPage(browser, url, { width, height: 800 })
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.goto(url)
      await page.getByText('The service is up, and the database answers.').waitFor()
      await page.getByRole('link', { name: 'Problems' }).click()
      await page.getByRole('link', { name: 'The refresh token has been used' }).click()
      await page.getByRole('heading', { name: 'What to do next' }).waitFor()
      t.equal(page.url(), `${url}/problems/refresh_token_used`)
      t.strictSame(await page.evaluate(APPEARANCE), {
        isStyled: true,
        isDark: colorScheme === 'dark',
        isWithin: true
      })
      await page.getByRole('link', { name: 'Latchkey' }).click()
      await page.waitForURL(`${url}/`)
    }
    t.strictSame(troubles, [])
  }
})

t.test(
  'a problem that one is sent to is a page, one that a script meets with is not',
  { timeout: 120_000 },
  async t => {
    const { url } = await start(t, t.testdir())
    const { page, troubles } = await openWatchedPage(await openChromium(t), url)
    for (const [path, title, code] of [
      ['/nowhere', 'There is nothing at this address', 'not_found'],
      ['/api/todos', 'Authentication is required', 'authentication_required'],
      ['/%zz', 'The request could not be read', 'malformed_request']
    ] as const) {
      await page.goto(`${url}${path}`)
      await page.getByRole('heading', { name: title }).waitFor()
      t.match(await page.evaluate(APPEARANCE), { isStyled: true, isWithin: true })
      await page.getByRole('link', { name: 'What this means' }).click()
      await page.waitForURL(`${url}/problems/${code}`)
    }
    const status = (line: string) => /status of 4\d\d/.test(line)
    t.strictSame(
      troubles.filter(trouble => !status(trouble)),
      [],
      'the browser tells the status, nothing else'
    )

    await page.goto(`${url}/docs`)
    const type = await page.evaluate(`fetch('/nowhere').then(answer => answer.headers.get('content-type'))`)
    t.match(type, /^application\/problem\+json/)
  }
)
