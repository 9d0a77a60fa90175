import { openStore } from '../../db/store.ts'
import type { Command } from '../command.ts'
import { getSchemaTime } from '../schema-time.ts'

const migrate: Command = {
  description:
    'Brings the database to the schema of this version, and makes one where there is none. The service does so itself\n' +
    'when it starts; this is for those who want to know that it works before.',

  async run({ config, now, log, progress, report }) {
    const settings = config({ keys: false })
    progress('migrating')
    const store = await openStore({ url: settings.database.url, poolMax: 1, now, log })
    await store.close()
    const schema = getSchemaTime(settings).toISOString()
    report({ schema }, `The database has the schema of ${schema}.\n`)
  }
}

export default migrate
