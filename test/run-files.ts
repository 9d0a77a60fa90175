import { resolve } from 'node:path'
import root from 'tap'

/*
 * Runs test files in one process, one after another: loading the service takes longer than most of them. A test without
 * assertions goes before each, to tell whose the following ones are; the time that a file may take begins with it.
 */

const { FILES = '', TAP_TIMEOUT } = process.env
const timeout = Number(TAP_TIMEOUT) * 1000

root.test('all are loaded', async () => {
  for (const file of FILES.split(' ')) {
    root.test(file, async () => root.setTimeout(timeout))
    await import(resolve(file))
  }
})
