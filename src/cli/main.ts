import './drizzle-loading.ts'

// What is imported statically is loaded before anything runs, and so would be Drizzle, before the hooks are in place.
const { readProcessConfig } = await import('../config/environment.ts')
const { run } = await import('./run.ts')
const { EXIT } = await import('./exit-codes.ts')

// Whoever has nothing to hear of the trouble need not.
process.stderr.on('error', () => {})
// Whoever reads the answer need not read all of it: `latchkey users list | head -1`.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  process.exitCode = code === 'EPIPE' ? 0 : EXIT.system.code
})

const code = await run(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  config: readProcessConfig,
  environment: process.env,
  now: () => new Date(),
  log: console
})
// At once: what a start that failed has opened must not keep the process.
if (code > 0) process.exit(code)
