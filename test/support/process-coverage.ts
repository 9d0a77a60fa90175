import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/*
 * Which lines of the program are run by the processes that tests start. Node counts them itself: what tap loads for that
 * into each process takes as long as the program's own start.
 */

const ROOT = join(import.meta.dirname, '../..')
const RAW = join(ROOT, '.tap/process-coverage')
/** Where tap looks for what was counted. */
const COVERAGE = join(ROOT, '.tap/coverage')
/** As tap tells the processes that it starts. */
const isEnabled = process.env._TAPJS_PROCESSINFO_COVERAGE_ === '1'

/** What has a process count its lines, if the tests are run with coverage. */
export const countingEnvironment: NodeJS.ProcessEnv = isEnabled ? { NODE_V8_COVERAGE: RAW } : {}

/** Hands what the processes have counted of the project's own files to tap, once they all have ended. */
export function collectProcessCoverage(): void {
  const root = pathToFileURL(`${ROOT}/`).href
  const isOwn = ({ url }: { url: string }) =>
    url.startsWith(root) && !/^(node_modules|test)\//.test(url.slice(root.length))
  if (isEnabled) mkdirSync(COVERAGE, { recursive: true })
  for (const file of globSync(`${RAW}/*.json`)) {
    const { result } = JSON.parse(readFileSync(file, 'utf8')) as { result: { url: string }[] }
    writeFileSync(join(COVERAGE, basename(file)), JSON.stringify({ result: result.filter(isOwn) }))
  }
  rmSync(RAW, { recursive: true, force: true })
}
