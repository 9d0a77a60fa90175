import { openStore } from '../../db/store.ts'
import type { Command } from '../command.ts'
import { getSchemaTime } from '../schema-time.ts'

const migrate: Command = {
  description:
    'Updates the database to the schema of this version, or creates a new database. The service does the same when it\n' +
    'starts; this command lets you do it before.',

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
