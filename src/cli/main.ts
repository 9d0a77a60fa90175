import './drizzle-loading.ts'

// Static imports would load Drizzle before the hook above is registered.
const { readProcessConfig } = await import('../config/environment.ts')
const { run } = await import('./run.ts')
const { EXIT } = await import('./exit-codes.ts')

// A closed standard error must not end the program.
process.stderr.on('error', () => {})
// A reader may close the pipe early, as in `latchkey users list | head -1`.
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
// Ends at once: a failed start may have left something open that would keep the process alive.
if (code > 0) process.exit(code)
