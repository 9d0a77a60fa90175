import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'

/*
 * Runs test/suite.ts, whose tests must cover each line, and lists in the end what has failed. Arguments are paths of
 * tests, or options of tap: `npm test -- test/auth` runs a part.
 */

/** What tap consists of, as its last build made it. */
const TAP = 'node_modules/@tapjs/test/test-built/dist/esm/index.js'
/** What the tests have said. */
const RESULTS = '.tap/test-results/test/suite.ts.tap'

const isOption = (argument: string) => argument.startsWith('-')
const options = process.argv.slice(2).filter(isOption)
const paths = process.argv.slice(2).filter(argument => !isOption(argument))

async function tap(...args: string[]): Promise<boolean> {
  const [code] = await once(spawn('tap', args, { stdio: 'inherit' }), 'exit')
  return code === 0
}

// As installed, tap has plugins that .taprc leaves out: the first run after that builds it anew.
if (/@tapjs\/(typescript|mock)"/.test(readFileSync(TAP, 'utf8'))) await tap('build')

const hasPassed = await tap(
  'run',
  '--no-show-full-coverage',
  ...(paths.length > 0 ? ['--allow-incomplete-coverage'] : []),
  ...options,
  'test/suite.ts',
  ...paths.map(path => `--test-arg=${path}`)
)
if (!hasPassed) {
  for (const line of failures(readFileSync(RESULTS, 'utf8'))) process.stdout.write(`${line}\n`)
  process.exitCode = 1
}

/** Where something has failed, and what tap tells of it; not that what it is in has failed, too. */
function* failures(results: string): Generator<string> {
  const path: string[] = []
  /** Whether what has failed in the test of a depth is told. */
  const reported: boolean[] = []
  let isReported = false
  const lines = results.split('\n')
  for (const [index, line] of lines.entries()) {
    const depth = line.search(/\S/) / 4
    const [, name] = /^ *# Subtest: (.*)$/.exec(line) ?? []
    if (name) path.splice(depth, Number.POSITIVE_INFINITY, name)
    if (/^ *not ok /.test(line) && lines[index + 1]?.trim() === '---') {
      isReported = !reported[depth]
      if (isReported) yield `\n${path.join(' > ')}`
      reported.fill(true, 0, depth).fill(false, depth)
      reported[depth - 1] = true
    }
    if (isReported) yield line.trimEnd()
    if (line.trim() === '...') isReported = false
  }
}
