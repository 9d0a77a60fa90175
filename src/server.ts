import { existsSync } from 'node:fs'
import closeWithGrace from 'close-with-grace'
import { buildApp } from './app.ts'
import { ConfigError, readConfig } from './config.ts'
import { loggingOf } from './logging.ts'

/** Milliseconds that requests under way get to end, once the service is told to stop. */
const GRACE = 10_000

async function start() {
  if (existsSync('.env')) process.loadEnvFile()
  const config = readConfig(process.env)
  const app = await buildApp({ config, logger: loggingOf(config, process.stdout.isTTY) })
  closeWithGrace({ delay: GRACE, logger: app.log }, () => app.close())
  const address = await app.listen({ host: config.HOST, port: config.PORT, listenTextResolver: listening })
  if (config.DOCS === 'on') app.log.info(`The docs are at ${address}/docs`)
}

const listening = (address: string) => `Latchkey listens on ${address}`

try {
  await start()
} catch (error) {
  const line =
    error instanceof ConfigError ? error.message : `Latchkey could not start: ${(error as Error).message}`
  process.stderr.write(`${line}\n`)
  process.exit(1)
}
