import type { Task } from './comparison.ts'
import { type Population, pick } from './population.ts'
import { type App, DEVICE } from './todo-tasks.ts'

/** How many of the users send requests. */
const SENDERS = 64

/** What users read as by HTTP: with routes, the access token checked, and the answer written out. */
export async function createRequestTasks(app: App, { users, sample }: Population, limit: number) {
  const senders = await Promise.all(
    users.slice(0, SENDERS).map(async user => {
      const { accessToken } = await app.sessions.start(user, DEVICE)
      const own = sample.filter(({ userId }) => userId === user.id)
      return { headers: { authorization: `Bearer ${accessToken}` }, own }
    })
  )
  async function send(path: string, { headers }: (typeof senders)[number]) {
    const { statusCode } = await app.inject({ url: `/api/todos${path}`, headers })
    if (statusCode !== 200) throw new Error(`${path}: ${statusCode}`)
  }
  const getByRequest: Task = () => {
    const sender = pick(senders)
    return send(`/${pick(sender.own).id}`, sender)
  }
  const pageByRequest: Task = () => send(`?limit=${limit}`, pick(senders))
  return { getByRequest, pageByRequest }
}
