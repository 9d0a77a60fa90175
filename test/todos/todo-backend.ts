import { type Answer, serve } from '../support/service.ts'

/** A todo of the Todo-Backend specification (todobackend.com). */
interface BackendTodo {
  title: string
  completed: boolean
  order: number | null
  url: string
}

const ROOT = '/'
const PAGE_SIZE = 100

const toBackend = ({ id, title, done, description }: Answer['body']): BackendTodo => ({
  title,
  completed: done,
  order: description === null ? null : Number(description),
  url: `/api/todos/${id}`
})

/** The specification's `order` is a number that only the client uses; here the description holds it. */
const fromBackend = ({ title, completed, order }: Partial<BackendTodo>) => ({
  ...(title !== undefined && { title }),
  ...(completed !== undefined && { done: completed }),
  ...(order !== undefined && { description: String(order) })
})

/** The service behind an adapter of the specification, called from a page of another origin. */
export async function createTodoBackend(t: Parameters<typeof serve>[0]) {
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const headers = { origin: 'https://todobackend.com' }
  const send = (method: string, path: string, body?: unknown) => call(method, path, { token, headers, body })

  async function list(): Promise<Answer> {
    const items = []
    let page = await send('GET', `/api/todos?limit=${PAGE_SIZE}`)
    for (
      ;
      page.body.nextCursor;
      page = await send('GET', `/api/todos?limit=${PAGE_SIZE}&cursor=${page.body.nextCursor}`)
    )
      items.push(...page.body.items)
    return { ...page, body: [...items, ...page.body.items].map(toBackend) }
  }

  async function clear(): Promise<Answer> {
    const page = await send('GET', `/api/todos?limit=${PAGE_SIZE}`)
    const ids = page.body.items.map(({ id }: { id: string }) => id)
    if (ids.length === 0) return page
    await send('POST', '/api/todos/batch', { operations: [{ op: 'delete', ids }] })
    return clear()
  }

  /** Sends a request of the specification to the root or to the url of a todo. */
  return async function request(
    method: string,
    url = ROOT,
    body: Partial<BackendTodo> = {}
  ): Promise<Answer> {
    if (url === ROOT && method === 'GET') return list()
    if (url === ROOT && method === 'DELETE') return clear()
    const hasBody = method === 'POST' || method === 'PATCH'
    const answer = await send(
      method,
      url === ROOT ? '/api/todos' : url,
      hasBody ? fromBackend(body) : undefined
    )
    return { ...answer, body: answer.status < 300 ? toBackend(answer.body) : answer.body }
  }
}
