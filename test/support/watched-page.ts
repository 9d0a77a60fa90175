import type { Browser, BrowserContextOptions, Page } from 'playwright-core'

/** Milliseconds for which anything on a page is waited for. */
const TIMEOUT = 20_000
/** So many presses of the Tab key lead from any place to any other that is asked for here. */
const MAX_TAB_PRESSES = 500

/** Opens a page that is watched: nothing may be said on its console, go wrong, or be asked of another host. */
export async function openWatchedPage(
  browser: Browser,
  url: string,
  viewport = { width: 1200, height: 800 },
  options: BrowserContextOptions = {}
) {
  const context = await browser.newContext({ viewport, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(TIMEOUT)
  const troubles: string[] = []
  page.on('console', message => troubles.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', error => troubles.push(error.message))
  page.on('requestfailed', request => troubles.push(`${request.url()} failed`))
  page.on('request', request => {
    if (!request.url().startsWith(`${url}/`) && !request.url().startsWith('data:'))
      troubles.push(`${request.url()} is asked for`)
  })
  return { page, troubles }
}

/** Presses Tab until an element has the focus. */
export async function tabTo(page: Page, selector: string) {
  for (let presses = 0; presses < MAX_TAB_PRESSES; presses++) {
    await page.keyboard.press('Tab')
    if (await page.locator(selector).and(page.locator(':focus')).count()) return
  }
  throw new Error(`${selector} is not reached by Tab`)
}

/** Whether the style sheet is applied, in which colours, and whether all fits into the width. */
export const APPEARANCE = `({
  isStyled: getComputedStyle(document.body).maxWidth === '736px',
  isDark: getComputedStyle(document.body).backgroundColor === 'rgb(20, 25, 31)',
  isWithin: document.documentElement.scrollWidth <= innerWidth
})`
