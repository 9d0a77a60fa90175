import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { runInContext } from 'node:vm'
import t from 'tap'
import { withoutCoverage } from '../../support/process.ts'
import { createOldRealm, findMissing, oldest } from './oldest-browsers.ts'

t.test('the oldest browsers lack later features', async t => {
  t.strictSame(oldest, { chrome: '85', firefox: '79', safari: '14.1' })
  const names = findMissing()
  t.ok(names.length > 100, `${names.length} names`)
  for (const name of [
    'Array.at',
    'Object.hasOwn',
    'Promise.withResolvers',
    'Array.fromAsync',
    'Array.findLast'
  ])
    t.ok(names.includes(name), name)
  for (const name of [
    'Promise',
    'Promise.finally',
    'Array.flat',
    'String.replaceAll',
    'Symbol.asyncIterator'
  ])
    t.notOk(names.includes(name), name)
  const has = (what: string) => runInContext(what, createOldRealm())
  t.equal(has('"at" in [] || "hasOwn" in Object || "withResolvers" in Promise'), false)
  t.equal(has('"finally" in Promise.prototype && "flat" in []'), true)
  for (const name of ['URLSearchParams', 'AbortSignal', 'structuredClone', 'BroadcastChannel', 'navigator'])
    t.equal(has(`typeof ${name}`), 'undefined', name)
})

/** Those of them that do not make a page of their own process. */
const TESTS = [
  'client',
  'answers',
  'requests',
  'tokens',
  'later-storage',
  'lock',
  'mail',
  'changes/changes',
  'replica/replica',
  'replica/refusals',
  'replica/tabs'
]

t.test('the client passes its tests there', { timeout: 180_000 }, async t => {
  const folder = import.meta.dirname
  const imports = TESTS.map(name => `await import('${join(folder, '..', name)}.test.ts')`).join('\n')
  const preloads = [
    join(folder, '../../../src/cli/drizzle-loading.ts'),
    join(folder, 'oldest-browsers-hook.ts')
  ]
  const [file, args] = withoutCoverage(
    process.execPath,
    ...preloads.map(path => `--import=${path}`),
    '--input-type=module',
    `--eval=${imports}`
  )
  const child = spawn(file, args, { cwd: join(folder, '../../..'), stdio: ['ignore', 'pipe', 'inherit'] })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  t.equal(code, 0)
  t.strictSame(output.match(/^ *not ok .*/gm) ?? [], [])
  t.ok((output.match(/^ *ok /gm) ?? []).length > 500, 'all that they assert')
})
