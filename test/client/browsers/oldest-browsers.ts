/** The client with nothing around it that one of the oldest browsers lacks, which docs/client.md names. By the data of MDN. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import data from '@mdn/browser-compat-data' with { type: 'json' }
import type { BrowserName, CompatStatement, Identifier } from '@mdn/browser-compat-data'
import { buildSync } from 'esbuild'

const CLIENT = join(import.meta.dirname, '../../../src/client')
const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/client.md'), 'utf8')

const [, chrome = '', firefox = '', safari = ''] =
  /Chrome and Edge (\d+), Firefox (\d+) and\s+Safari ([\d.]+)/.exec(PAGE) ?? []

/** As docs/client.md names them. */
export const oldest: Partial<Record<BrowserName, string>> = { chrome, firefox, safari }

function isAtMost(version: string, limit: string): boolean {
  const [a = 0, b = 0] = version.replace('≤', '').split('.').map(Number)
  const [c = 0, d = 0] = limit.split('.').map(Number)
  return a < c || (a === c && b <= d)
}

/** Whether one of the oldest browsers lacks it, or has it behind a flag or by another name only. */
const isMissing = ({ support }: CompatStatement) =>
  Object.entries(oldest).some(
    ([browser, limit]) =>
      ![support[browser as BrowserName] ?? []]
        .flat()
        .some(
          ({ version_added: added, flags, prefix, alternative_name: alias }) =>
            typeof added === 'string' && !flags && !prefix && !alias && isAtMost(added, limit)
        )
  )

/** The names below one, and whether they are missing. */
const listFeatures = (identifier: Identifier) =>
  Object.entries(identifier as Record<string, Identifier>).flatMap(([name, { __compat }]) =>
    __compat && name !== '__compat' ? [[name, isMissing(__compat)] as const] : []
  )

/** What is missing of the language: globals, and members of them such as `Array.at`. */
export function findMissing(): string[] {
  const { builtins = {} } = data.javascript
  return listFeatures(builtins).flatMap(([name, isGone]) =>
    isGone
      ? [name]
      : listFeatures(builtins[name] as Identifier).flatMap(([member, isGone]) =>
          isGone ? [`${name}.${member}`] : []
        )
  )
}

/** Of the platform, what each of them has, and so has React Native. */
const createGlobals = () => ({
  fetch: globalThis.fetch,
  AbortController,
  TextDecoder,
  setTimeout,
  clearTimeout,
  performance: { now: () => performance.now() },
  crypto: { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) },
  // That of this realm: what tests compare is made by it.
  JSON: { parse: JSON.parse, stringify: JSON.stringify }
})

/** Takes away, in the realm that it is run in, what is missing. */
const REMOVE_MISSING = `names => {
  for (const [name, member] of names.map(path => path.split('.'))) {
    if (member === undefined) delete globalThis[name]
    else for (const owner of [globalThis[name], globalThis[name]?.prototype]) if (owner) delete owner[member]
  }
}`

/** Makes such a realm. */
export function createOldRealm() {
  const realm = createContext(createGlobals())
  runInContext(REMOVE_MISSING, realm)(findMissing())
  return realm
}

/** The entries of the client, and what they export there. */
export function loadOldClient(): Record<string, object> {
  const { outputFiles } = buildSync({
    stdin: {
      contents: "export * as index from './index.ts'; export * as replica from './replica/index.ts'",
      resolveDir: CLIENT
    },
    bundle: true,
    format: 'iife',
    globalName: 'client',
    write: false
  })
  const { index, replica } = runInContext(`${outputFiles[0]?.text}; client`, createOldRealm())
  return { '/src/client/index.ts': index, '/src/client/replica/index.ts': replica }
}
