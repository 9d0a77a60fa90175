import { openStore } from '../../src/db/store.ts'

/** Opens the store of the first argument and closes it: what many processes do at once in a test. */
const [url = ''] = process.argv.slice(2)
const writeLine = (message: string) => process.stderr.write(`${message}\n`)
const store = await openStore({ url, poolMax: 2, now: () => new Date(), log: { warn: writeLine } })
await store.ping()
await store.close()
