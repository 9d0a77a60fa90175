import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { startPostgres } from './support/postgres-server.ts'

/*
 * Runs the service on a PostgreSQL server that ends with it, and its data: `npm run dev:postgres`, for trying. Settings
 * come from the environment, but for the database and the secret.
 */

const database = await startPostgres()
process.stdout.write(`PostgreSQL is at ${database.url} until the service ends, and so are its data.\n`)
const service = spawn(process.execPath, [join(import.meta.dirname, '../src/cli/main.ts'), 'serve'], {
  stdio: 'inherit',
  env: { ...process.env, DATABASE_URL: database.url, JWT_SECRET: randomBytes(32).toString('base64url') }
})
// The service hears a Ctrl-C as well; it ends first, for it still needs the database.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => service.kill('SIGTERM'))
const [code] = await once(service, 'exit')
await database.stop()
process.exitCode = code ?? 1
