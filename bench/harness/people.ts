/*
 * The users of a subject: accounts with todos, created over HTTP as by any client.
 */

const PEOPLE_COUNT = 16

/** Where a subject's accounts are made and signed in, and how its answer is shown in later requests. */
export interface Api {
  readonly register: string
  readonly signIn: string
  readonly account: (name: string) => object
  readonly headers: (response: Response, body: TokenPair) => Record<string, string>
}

export interface TokenPair {
  readonly accessToken: string
  readonly refreshToken: string
}

export interface Person {
  readonly credentials: { readonly email: string; readonly password: string }
  readonly headers: Record<string, string>
  /** The ids of todos. */
  readonly todos: readonly string[]
}

const JSON_HEADERS = { 'content-type': 'application/json' }
const password = 'correct horse battery staple'

async function post(url: string, body: object, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    // A server with cookies asks where a page's request comes from; fetch looks like a page to it.
    headers: { ...JSON_HEADERS, origin: new URL(url).origin, ...headers },
    body: JSON.stringify(body)
  })
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  return response
}

async function signUp(url: string, api: Api, index: number, count: number): Promise<Person> {
  const email = `user${index}@example.org`
  const response = await post(url + api.register, { ...api.account(`user${index}`), email, password })
  const headers = { ...JSON_HEADERS, ...api.headers(response, (await response.json()) as TokenPair) }
  const todos: string[] = []
  for (let remaining = count; remaining > 0; remaining -= 1) {
    const answer = await post(`${url}/api/todos`, { title: 'Buy oat milk on the way' }, headers)
    const { id } = (await answer.json()) as { id: string | number }
    todos.push(`${id}`)
  }
  return { credentials: { email, password }, headers, todos }
}

/** Creates the accounts and their todos, some at a time. */
export async function createPeople(
  url: string,
  api: Api,
  todos: number,
  count = PEOPLE_COUNT
): Promise<Person[]> {
  const people: Person[] = []
  while (people.length < count) {
    const length = Math.min(PEOPLE_COUNT, count - people.length)
    const next = Array.from({ length }, (_, index) => signUp(url, api, people.length + index, todos))
    people.push(...(await Promise.all(next)))
  }
  return people
}

/** Signs a user in. */
export async function fetchTokenPair(url: string, api: Api, { credentials }: Person): Promise<TokenPair> {
  const response = await post(url + api.signIn, credentials)
  const { accessToken, refreshToken } = (await response.json()) as TokenPair
  return { accessToken, refreshToken }
}
