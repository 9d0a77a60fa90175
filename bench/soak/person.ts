import { type Client, createClient } from '../../src/client/index.ts'

const password = 'correct horse battery staple'
const TODOS = 25
/** How many of a hundred steps read a list, patch, and make or delete a todo; all others read one. */
const [LISTS, PATCHES, CHANGES] = [15, 9, 16]

/** Somebody who uses the service by its own client, which refreshes the tokens whenever they have run out. */
export interface Person {
  /** Does one thing. The person has as many todos in the end as at the beginning, or one less. */
  readonly step: () => Promise<unknown>
  /** Signs out, and in again. */
  readonly signInAnew: () => Promise<unknown>
}

export async function personOf(baseUrl: string, index: number): Promise<Person> {
  const client = createClient({ baseUrl })
  const username = `user${index}`
  const email = `${username}@example.org`
  await client.auth.register({ username, email, password })
  const ids: string[] = []
  const make = async () => ids.push((await client.todos.create({ title: 'Buy oat milk on the way' })).id)
  while (ids.length < TODOS) await make()

  return {
    step: () => stepOf(client, ids, make),
    async signInAnew() {
      await client.auth.logout()
      await client.auth.login({ email, password })
    }
  }
}

function stepOf({ todos }: Client, ids: string[], make: () => Promise<unknown>): Promise<unknown> {
  const chance = Math.random() * 100
  const id = ids[Math.floor(Math.random() * ids.length)] as string
  if (chance < LISTS) return todos.list({ limit: 20 })
  if (chance < LISTS + PATCHES) return todos.patch(id, { title: `Buy ${chance} litres of oat milk` })
  if (chance > LISTS + PATCHES + CHANGES) return todos.get(id)
  return ids.length < TODOS ? make() : todos.delete(ids.shift() as string, { permanent: true })
}
