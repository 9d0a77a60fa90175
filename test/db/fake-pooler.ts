import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'

/** Where a message of the start-up tells the number of the process, behind its kind and its length. */
const BACKEND_KEY_DATA = 'K'.charCodeAt(0)
const PROCESS_ID_OFFSET = 5

/**
 * Stands before a server as a pooler does: the number of the process that it tells is none of the server's. What it does
 * not do is to share connections; for that there is `test/pooler.ts`, with a real one.
 * @returns the URL of the same database by way of it, and the names of the parameters of each start-up
 */
export async function startFakePooler(t: Test, server: string) {
  const startupParameters: string[][] = []
  const { hostname, port } = new URL(server)
  const proxy = createServer(client => {
    const upstream = connect(Number(port), hostname)
    client.once('data', packet => startupParameters.push(parseParameterNames(packet)))
    client.pipe(upstream)
    pipeWithFakeProcessId(upstream, client)
    for (const socket of [client, upstream]) socket.on('error', () => {})
    client.on('close', () => upstream.destroy())
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => proxy.close())
  const { port: proxyPort } = proxy.address() as { port: number }
  return { url: Object.assign(new URL(server), { port: proxyPort }).href, startUps: startupParameters }
}

/** Names and values take turns, each with a zero at its end. */
const parseParameterNames = (packet: Buffer) =>
  packet
    .toString('utf8', 8)
    .split('\0')
    .filter((text, index) => text && index % 2 === 0)

/** Messages are of a kind, then of as many bytes as the next four say, those included; a chunk begins with one. */
function pipeWithFakeProcessId(upstream: Socket, client: Socket) {
  function onData(chunk: Buffer) {
    let offset = 0
    while (offset < chunk.length && chunk[offset] !== BACKEND_KEY_DATA)
      offset += 1 + chunk.readInt32BE(offset + 1)
    if (offset < chunk.length) {
      chunk.writeInt32BE(-chunk.readInt32BE(offset + PROCESS_ID_OFFSET), offset + PROCESS_ID_OFFSET)
      upstream.off('data', onData)
      upstream.pipe(client)
    }
    client.write(chunk)
  }
  upstream.on('data', onData)
  upstream.on('close', () => client.destroy())
}
