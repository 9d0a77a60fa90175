/** Preloaded (`--import`), it gives tests the client as it is in the oldest browsers. */
import { registerHooks } from 'node:module'
import { loadOldClient } from './oldest-browsers.ts'

const client = loadOldClient()
Object.assign(globalThis, { oldClient: client })

const source = Object.keys(client)
  .map(name => `export const ${name} = globalThis.oldClient.${name}`)
  .join('\n')

registerHooks({
  load: (url, context, nextLoad) =>
    url.endsWith('/src/client/index.ts')
      ? { format: 'module', source, shortCircuit: true }
      : nextLoad(url, context)
})
