import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { type Page, pages, ROOT, readCode, readRows } from './pages.ts'

/** The anchors of a page, as GitHub makes them of its headings. */
const readAnchors = ({ text }: Page): string[] =>
  Array.from(text.replaceAll(/^```.*?^```$/gms, '').matchAll(/^#+ (.+)$/gm), ([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-')
  )

t.test('every relative link leads to a file and a heading that are there', async t => {
  const anchors = new Map(pages.map(page => [page.path, readAnchors(page)]))
  const links = pages.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g), ([, target = '', anchor = '']) => ({
      path,
      file: target ? join(dirname(path), target) : path,
      anchor
    }))
  )
  t.ok(links.length > 50)
  for (const { path, file, anchor } of links) {
    t.ok(existsSync(join(ROOT, file)), `${path}: ${file}`)
    if (anchor) t.ok(anchors.get(file)?.includes(anchor), `${path}: ${file}#${anchor}`)
  }
})

t.test('every page is linked to', async t => {
  const linked = pages.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/\]\(([^)#]+\.md)/g), ([, target = '']) => join(dirname(path), target))
  )
  t.strictSame(
    pages.map(({ path }) => path).filter(path => !linked.includes(path)),
    []
  )
})

t.test('every defence that SECURITY.md names has the tests that it names', async t => {
  const security = pages.filter(({ path }) => path === 'SECURITY.md')
  const [, , ...rows] = security.flatMap(readRows)
  t.ok(rows.length > 10)
  for (const [threat, , tests] of rows) {
    const names = readCode(tests)
    t.not(names.length, 0, `${threat}`)
    for (const name of names)
      t.ok(existsSync(join(ROOT, 'test', name.endsWith('/') ? name : `${name}.test.ts`)), name)
  }
})

t.test('every test that the documentation names is there', async t => {
  const tests = globSync('test/**/*.ts', { cwd: ROOT })
  const names = pages.flatMap(({ text }) =>
    Array.from(text.matchAll(/`(test\/[\w/-]+)`/g), ([, name = '']) => name)
  )
  for (const name of names)
    t.ok(
      tests.some(path => path.startsWith(`${name}.`) || path.startsWith(`${name}/`)),
      name
    )
})
