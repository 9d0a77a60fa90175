import { once } from 'node:events'

interface Target {
  readonly webSocketDebuggerUrl: string
}

/**
 * Has a process collect what is garbage, by its inspector, so that what is left is what it really holds.
 * @param port of the inspector (`--inspect`)
 */
export async function collectGarbage(port: number): Promise<void> {
  const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as [Target]
  const socket = new WebSocket(target.webSocketDebuggerUrl)
  await once(socket, 'open')
  socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }))
  await once(socket, 'message')
  socket.close()
}
