import t from 'tap'
import { readConfig } from '../src/config.ts'
import { loggingOf } from '../src/logging.ts'

t.test('the log is pretty on a terminal, and only there', async t => {
  const config = readConfig({ LOG_LEVEL: 'warn' })
  t.strictSame(loggingOf(config, false), { level: 'warn' })
  t.match(loggingOf(config, true), { level: 'warn', transport: { target: 'pino-pretty' } })
})
