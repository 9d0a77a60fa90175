import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { pick } from '../model/writes.ts'
import type { Call } from './persistent-call.ts'

/** What a writer knows of a todo of its own. */
interface Known {
  readonly title: string
  readonly isDeleted: boolean
}

export interface PersistentWriter {
  /** The todos that the service has acknowledged, in their last acknowledged states. */
  readonly known: ReadonlyMap<string, Known>
  readonly write: () => Promise<void>
}

/** The longest pause between two writes. Milliseconds. */
const MAX_PAUSE = 20

/** Creates a writer of todos that nobody else writes. It sends each write until it is answered. */
export function createPersistentWriter(name: string, call: Call, random: () => number): PersistentWriter {
  const known = new Map<string, Known>()
  let count = 0

  const newTitle = () => `${name} ${++count}`
  const pickOwn = (isDeleted: boolean) =>
    pick(
      random,
      [...known].filter(([, todo]) => todo.isDeleted === isDeleted).map(([id]) => id)
    )

  async function create() {
    const title = newTitle()
    const { status, body } = await call('POST', '/api/todos', { title }, `${name} ${count}`)
    assert.equal(status, 201, JSON.stringify(body))
    known.set(body.id, { title, isDeleted: false })
  }

  async function patch(id: string) {
    const title = newTitle()
    const { status, body } = await call('PATCH', `/api/todos/${id}`, { title })
    assert.equal(status, 200, JSON.stringify(body))
    known.set(id, { title, isDeleted: false })
  }

  async function move(id: string) {
    const { status, body } = await call('POST', `/api/todos/${id}/move`, { to: 'top' })
    assert.equal(status, 200, JSON.stringify(body))
  }

  /** After a lost answer the todo is not there any more. */
  async function remove(id: string, isPermanent: boolean) {
    const { status, body, attempts } = await call('DELETE', `/api/todos/${id}?permanent=${isPermanent}`)
    assert.ok(status === 200 || (status === 404 && attempts > 1), JSON.stringify(body))
    if (isPermanent) known.delete(id)
    else known.set(id, { title: known.get(id)?.title ?? '', isDeleted: true })
  }

  async function restore(id: string) {
    const { status, body } = await call('POST', `/api/todos/${id}/restore`)
    assert.equal(status, 200, JSON.stringify(body))
    known.set(id, { title: body.title, isDeleted: false })
  }

  return {
    known,
    async write() {
      await sleep(MAX_PAUSE * random())
      const [kind, listed, deleted] = [random(), pickOwn(false), pickOwn(true)]
      if (deleted && kind < 0.1) await restore(deleted)
      else if (deleted && kind < 0.2) await remove(deleted, true)
      else if (!listed || kind < 0.5) await create()
      else if (kind < 0.7) await patch(listed)
      else if (kind < 0.8) await move(listed)
      else await remove(listed, kind < 0.85)
    }
  }
}
