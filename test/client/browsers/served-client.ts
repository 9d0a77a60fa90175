import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join, normalize } from 'node:path'
import type { Test } from 'tap'

const SOURCES = join(import.meta.dirname, '../../../src/client')
const HEADERS = {
  html: { 'content-type': 'text/html' },
  // A frame without an origin may load it, too.
  script: { 'content-type': 'text/javascript', 'access-control-allow-origin': '*' }
}

/** Serves an empty page, and the client as browsers take it, from an origin of its own. */
export async function serveClient(t: Test): Promise<string> {
  const server = createServer((request, response) => {
    const path = normalize(`/${request.url}`)
    if (!path.endsWith('.ts'))
      return response.writeHead(200, HEADERS.html).end('<!doctype html><title>App</title>')
    const source = readFileSync(join(SOURCES, path), 'utf8')
    return response.writeHead(200, HEADERS.script).end(stripTypeScriptTypes(source))
  })
  t.teardown(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
