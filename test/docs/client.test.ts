import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { start, stop, withoutCoverage } from '../support/process.ts'
import { pages, ROOT, readBlocks } from './pages.ts'

const execute = promisify(execFile)

/** What the example of each page prints. */
const printed: Record<string, readonly string[]> = {
  'README.md': ['Buy milk'],
  'docs/client.md': ['Buy milk', 'Buy milk', 'Signed out.']
}

t.test('the examples of the client do what the documentation says', async t => {
  const cwd = t.testdir()
  const { child, url } = await start(t, cwd)
  const client = join(ROOT, 'src/client/index.ts')
  const examples = pages.flatMap(page =>
    readBlocks(page)
      .filter(({ language }) => language === 'ts')
      .map(({ text }) => ({ path: page.path, text }))
  )
  t.strictSame(
    examples.map(({ path }) => path),
    Object.keys(printed)
  )
  for (const { path, text } of examples) {
    const file = join(cwd, 'example.ts')
    writeFileSync(
      file,
      text.replace("'latchkey/client'", `'${client}'`).replace('http://127.0.0.1:3000', url)
    )
    const { stdout, stderr } = await execute(...withoutCoverage(process.execPath, file), { cwd })
    t.strictSame({ lines: stdout.trim().split('\n'), stderr }, { lines: printed[path], stderr: '' }, path)
  }
  await stop(child, 'SIGTERM')
})
