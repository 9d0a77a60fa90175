import { type Client, createClient } from '../../src/client/index.ts'

const password = 'correct horse battery staple'
const TODOS = 25
/** How many of a hundred steps read a list, patch, and make or delete a todo; all others read one. */
const [LIST_SHARE, PATCH_SHARE, CHANGE_SHARE] = [15, 9, 16]

/** Somebody who uses the service by its own client, which refreshes the tokens whenever they have run out. */
export interface Person {
  /** Does one thing. The person has as many todos in the end as at the beginning, or one less. */
  readonly step: () => Promise<unknown>
  /** Signs out, and in again. */
  readonly signInAgain: () => Promise<unknown>
}

export async function createPerson(baseUrl: string, index: number): Promise<Person> {
  const client = createClient({ baseUrl })
  const username = `user${index}`
  const email = `${username}@example.org`
  await client.auth.register({ username, email, password })
  const ids: string[] = []
  const createTodo = async () =>
    ids.push((await client.todos.create({ title: 'Buy oat milk on the way' })).id)
  while (ids.length < TODOS) await createTodo()

  return {
    step: () => performStep(client, ids, createTodo),
    async signInAgain() {
      await client.auth.logout()
      await client.auth.login({ email, password })
    }
  }
}

function performStep({ todos }: Client, ids: string[], createTodo: () => Promise<unknown>): Promise<unknown> {
  const chance = Math.random() * 100
  const id = ids[Math.floor(Math.random() * ids.length)] as string
  if (chance < LIST_SHARE) return todos.list({ limit: 20 })
  if (chance < LIST_SHARE + PATCH_SHARE) return todos.patch(id, { title: `Buy ${chance} litres of oat milk` })
  if (chance > LIST_SHARE + PATCH_SHARE + CHANGE_SHARE) return todos.get(id)
  return ids.length < TODOS ? createTodo() : todos.delete(ids.shift() as string, { permanent: true })
}
