import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { start, stop, withoutCoverage } from '../support/process.ts'
import { pages, ROOT, readBlocks } from './pages.ts'

const execute = promisify(execFile)
/** Sits before the screen. */
const USER = join(import.meta.dirname, 'user.ts')

/** What the examples print, page by page. */
const printed: readonly (readonly [path: string, lines: readonly string[]])[] = [
  ['README.md', ['Buy milk']],
  ['docs/client.md', ['Buy milk', 'Buy milk', 'Signed out.']],
  ['docs/client.md', ['Buy milk true', 'true true']],
  ['docs/client.md', ['Keep these 10 codes.', 'totp or recovery_code', 'Hello countess']],
  // Node has no passkeys. A test in a browser runs this one.
  ['docs/sign-in.md', ['']],
  ['docs/sync.md', ['Buy milk']]
]

t.test('the examples of the client do what the documentation says', async t => {
  const cwd = t.testdir()
  const { child, url } = await start(t, cwd)
  const examples = pages.flatMap(page =>
    readBlocks(page)
      .filter(({ language }) => language === 'ts')
      .map(({ text }) => ({ path: page.path, text }))
  )
  t.strictSame(
    examples.map(({ path }) => path),
    printed.map(([path]) => path)
  )
  for (const [index, { path, text }] of examples.entries()) {
    const file = join(cwd, 'example.ts')
    writeFileSync(
      file,
      text
        .replaceAll(/'latchkey\/(client[\w/]*)'/g, `'${ROOT}/src/$1/index.ts'`)
        .replace('http://127.0.0.1:3000', url)
    )
    const { stdout, stderr } = await execute(...withoutCoverage(process.execPath, '--import', USER, file), {
      cwd
    })
    const lines = stdout.trim().split('\n')
    t.strictSame({ lines, stderr }, { lines: printed[index]?.[1], stderr: '' }, path)
  }
  await stop(child, 'SIGTERM')
})
