import { availableParallelism } from 'node:os'
import { type Config, ConfigError } from '../../config/config.ts'
import type { Inspection } from '../../db/inspection.ts'
import { checkClock, checkDatabase, checkDisk, checkSettings, inspectDatabase } from '../checks/checks.ts'
import { type Finding, fault } from '../checks/findings.ts'
import { checkKeys, checkSealing } from '../checks/keys.ts'
import { checkMail } from '../checks/mail.ts'
import { checkPorts } from '../checks/ports.ts'
import type { Command } from '../command.ts'
import { CommandError, toMessage } from '../exit-codes.ts'
import { getSchemaTime } from '../schema-time.ts'

const doctor: Command = {
  description:
    'Checks whether the service can start: the settings, the keys, the disk, the database, the clock, the way for mails\n' +
    'and the ports. The doctor changes nothing, and may run beside the service. A warning may be intended. With a fault the exit code is 1.',

  async run({ config, environment, now, progress, report }) {
    let faults = 0
    async function check(name: string, runCheck: () => Finding | Promise<Finding>) {
      progress(`checking: ${name}`)
      for (const { status, detail } of await collectFindings(runCheck)) {
        if (status === 'fault') faults += 1
        report({ check: name, status, detail }, `${status.padEnd(7)}  ${name.padEnd(8)}  ${detail}\n`)
      }
    }

    let settings: Config | undefined
    await check('settings', () => {
      settings = config()
      return checkSettings(settings, environment, availableParallelism())
    })
    if (settings) await checkAll(settings)
    if (faults > 0) throw new CommandError('fault', `${faults} of the checks failed.`)

    async function checkAll(settings: Config) {
      let inspection: Inspection | undefined
      await check('keys', () => checkKeys(settings))
      await check('disk', () => checkDisk(settings))
      await check('database', async () => {
        inspection = await inspectDatabase(settings)
        return checkDatabase(inspection, settings)
      })
      await check('sealing', () => checkSealing(settings, inspection))
      await check('clock', () => checkClock(inspection, now(), getSchemaTime(settings)))
      await check('mail', () => checkMail(settings))
      await check('ports', () => checkPorts(settings))
    }
  }
}

/** Runs a check. An error counts as a fault, a ConfigError as one fault for each setting. */
async function collectFindings(runCheck: () => Finding | Promise<Finding>): Promise<Finding[]> {
  try {
    return [await runCheck()]
  } catch (error) {
    return error instanceof ConfigError ? error.faults.map(fault) : [fault(toMessage(error))]
  }
}

export default doctor
