import './drizzle-loading.ts'
import { configOfProcess } from '../environment.ts'
import { run } from './run.ts'

const code = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  config: configOfProcess,
  now: () => new Date(),
  log: console
})
// At once: what a start that failed has opened must not keep the process.
if (code > 0) process.exit(code)
