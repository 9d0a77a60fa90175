import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { createClient, type Todo } from '../../../src/client/index.ts'
import { createRandom } from '../../support/random.ts'
import { PASSWORD, serve } from '../../support/service.ts'

const SEED = Number(process.env.CLIENT_SEED ?? 20_261_127)
const WRITES = 120
const LIMITS = [30_000, 35_000]

/** A proxy that cuts each connection after some bytes of its answers, wherever that is. */
async function startCuttingProxy(t: Test, port: number, random: () => number) {
  const sockets = new Set<Socket>()
  const state = { cuts: 0, isCutting: true }
  const server = createServer(inbound => {
    const outbound = connect(port, '127.0.0.1')
    let bytesLeft = Math.floor(random() * 4000)
    const close = () => {
      for (const socket of [inbound, outbound]) socket.destroy()
    }
    for (const socket of [inbound, outbound]) {
      sockets.add(socket)
      socket.on('error', close).on('close', close)
    }
    inbound.pipe(outbound)
    outbound.on('data', data => {
      const part = state.isCutting ? data.subarray(0, bytesLeft) : data
      bytesLeft -= part.length
      inbound.write(part, () => {
        if (part.length === data.length) return
        state.cuts += 1
        close()
      })
    })
  })
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, state }
}

t.test(
  '[RESUME] [NOMISS] streams that are cut at any byte miss nothing, and go never back',
  { timeout: 60_000 },
  async t => {
    const random = createRandom(SEED)
    const service = await serve(t)
    const { user, accessToken: token } = await service.signUp({ password: PASSWORD })
    const address = await service.app.listen({ port: 0, host: '127.0.0.1' })
    const proxy = await startCuttingProxy(t, Number(new URL(address).port), random)
    const client = createClient({
      baseUrl: proxy.url,
      platform: {
        sleep: async () => {},
        // Pauses are short here. The limits of an answer and of silence stay as they are.
        timer(duration, ring) {
          const timer = setTimeout(ring, LIMITS.includes(duration) ? duration : 2)
          return () => clearTimeout(timer)
        }
      }
    })
    proxy.state.isCutting = false
    await client.auth.login({ email: user.email, password: PASSWORD })
    proxy.state.isCutting = true

    const todos = new Map<string, Todo>()
    const wentBack: string[] = []
    const controller = new AbortController()
    const following = (async () => {
      for await (const { changes } of client.changes({ signal: controller.signal })) {
        for (const { id, todo } of changes) {
          const before = todos.get(id)
          if (todo && before && Number(todo.title) < Number(before.title))
            wentBack.push(`${before.title} → ${todo.title}`)
          if (todo) todos.set(id, todo)
          else todos.delete(id)
        }
      }
    })()
    const call = (method: string, path: string, body?: object) =>
      service.call(method, `/api/todos${path}`, { token, ...(body && { body }) })
    const ids: string[] = []
    for (let count = 1; count <= WRITES; count++) {
      const id = ids[Math.floor(random() * ids.length)]
      const kind = random()
      const description = 'ä€🍏'.repeat(Math.floor(random() * 80))
      if (!id || kind < 0.3) ids.push((await call('POST', '', { title: `${count}`, description })).body.id)
      else if (kind < 0.8) await call('PATCH', `/${id}`, { title: `${count}`, description })
      else await call('DELETE', `/${id}${kind < 0.9 ? '?permanent=true' : ''}`)
      await new Promise(resolve => setTimeout(resolve, 3))
    }
    const read = async (query: string) => (await call('GET', query)).body.items as Todo[]
    const expected = [...(await read('?limit=200')), ...(await read('?limit=200&deleted=true'))]
    const sort = (some: Iterable<Todo>) => [...some].sort((a, b) => (a.id < b.id ? -1 : 1))
    const isComplete = () => JSON.stringify(sort(todos.values())) === JSON.stringify(sort(expected))
    for (let waits = 0; waits < 2000 && !isComplete(); waits++)
      await new Promise(resolve => setTimeout(resolve, 5))
    controller.abort(new Error('enough'))
    await t.rejects(following, { message: 'enough' })
    t.strictSame(sort(todos.values()), sort(expected))
    t.strictSame(wentBack, [])
    t.ok(proxy.state.cuts > 5, `${proxy.state.cuts} cuts`)
  }
)
