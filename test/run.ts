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
const parts = process.argv.slice(2).filter(argument => !isOption(argument))

async function tap(...args: string[]): Promise<boolean> {
  const [code] = await once(spawn('tap', args, { stdio: 'inherit' }), 'exit')
  return code === 0
}

// As installed, tap compiles TypeScript with a compiler of its own; the first run after that leaves it out, by .taprc.
if (readFileSync(TAP, 'utf8').includes('@tapjs/typescript')) await tap('build')

const hasPassed = await tap(
  'run',
  '--no-show-full-coverage',
  ...(parts.length > 0 ? ['--allow-incomplete-coverage'] : []),
  ...options,
  'test/suite.ts',
  ...parts.map(part => `--test-arg=${part}`)
)
if (!hasPassed) {
  for (const line of failures(readFileSync(RESULTS, 'utf8'))) process.stdout.write(`${line}\n`)
  process.exitCode = 1
}

/** Where something has failed, and what tap tells of it; not that what it is in has failed, too. */
function* failures(results: string): Generator<string> {
  const path: string[] = []
  /** Whether what has failed in the test of a depth is told. */
  const known: boolean[] = []
  let isTold = false
  const lines = results.split('\n')
  for (const [index, line] of lines.entries()) {
    const depth = line.search(/\S/) / 4
    const [, name] = /^ *# Subtest: (.*)$/.exec(line) ?? []
    if (name) path.splice(depth, Number.POSITIVE_INFINITY, name)
    if (/^ *not ok /.test(line) && lines[index + 1]?.trim() === '---') {
      isTold = !known[depth]
      if (isTold) yield `\n${path.join(' > ')}`
      known.fill(true, 0, depth).fill(false, depth)
      known[depth - 1] = true
    }
    if (isTold) yield line.trimEnd()
    if (line.trim() === '...') isTold = false
  }
}
