import type { Config } from '../config.ts'
import type { Inspection } from '../db/inspection.ts'
import {
  checkClock,
  checkDatabase,
  checkDisk,
  checkKeys,
  checkSettings,
  type Finding,
  inspect
} from './checks.ts'
import type { Command } from './command.ts'
import { CommandError } from './exit-codes.ts'
import { schemaTimeOf } from './schema-time.ts'

const doctor: Command = {
  description:
    'Checks the settings, the keys, the disk, the database and the clock. It changes nothing, and may run beside the\n' +
    'service. A warning is what may be meant so; with a fault the exit code is 1.',

  async run({ config, now, progress, report }) {
    let faults = 0
    async function check(name: string, find: () => Finding | Promise<Finding>) {
      progress(`checking: ${name}`)
      const { status, detail } = await attempt(find)
      if (status === 'fault') faults += 1
      report({ check: name, status, detail }, `${status.padEnd(7)}  ${name.padEnd(8)}  ${detail}\n`)
    }

    let settings: Config | undefined
    await check('settings', () => {
      settings = config()
      return checkSettings(settings)
    })
    if (settings) await checkAll(settings)
    if (faults > 0) throw new CommandError('fault', `${faults} of the checks failed.`)

    async function checkAll(settings: Config) {
      let inspection: Inspection | undefined
      await check('keys', () => checkKeys(settings))
      await check('disk', () => checkDisk(settings))
      await check('database', async () => {
        inspection = await inspect(settings)
        return checkDatabase(inspection, settings)
      })
      await check('clock', () => checkClock(inspection, now(), schemaTimeOf(settings)))
    }
  }
}

/** What throws has found a fault. */
async function attempt(find: () => Finding | Promise<Finding>): Promise<Finding> {
  try {
    return await find()
  } catch (error) {
    return { status: 'fault', detail: (error as Error).message }
  }
}

export default doctor
