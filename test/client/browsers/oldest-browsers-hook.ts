/** Preloaded (`--import`), it gives tests the client as it is in the oldest browsers. */
import { registerHooks } from 'node:module'
import { loadOldClient } from './oldest-browsers.ts'

const entries = loadOldClient()
Object.assign(globalThis, { oldClient: entries })

const toSource = (entry: string) =>
  Object.keys(entries[entry] as object)
    .map(name => `export const ${name} = globalThis.oldClient['${entry}'].${name}`)
    .join('\n')

registerHooks({
  load(url, context, nextLoad) {
    const entry = Object.keys(entries).find(path => url.endsWith(path))
    return entry ? { format: 'module', source: toSource(entry), shortCircuit: true } : nextLoad(url, context)
  }
})
