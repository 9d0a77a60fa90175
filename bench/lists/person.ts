import type { Person } from '../harness/people.ts'
import type { Running } from '../harness/process.ts'

/** Lines of one import. */
const IMPORT_LINES = 50_000

/** Sends a request of a user. @returns the answer, and the milliseconds that it took */
export type Call = <Answer = unknown>(
  method: string,
  path: string,
  body?: object | string
) => Promise<{ answer: Answer; time: number }>

export function createCall({ url }: Running, { headers }: Person): Call {
  return async (method, path, body) => {
    const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const begin = performance.now()
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, 'content-type': type },
      ...(body !== undefined && { body: text })
    })
    const answerText = await response.text()
    const time = performance.now() - begin
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answerText}`)
    return { answer: JSON.parse(answerText), time }
  }
}

/** Makes lists, and todos that are in them by turns. @returns the ids of the lists */
export async function fillLists(call: Call, listCount: number, todoCount: number): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < listCount; index += 1) {
    const { answer } = await call<{ id: string }>('POST', '/api/lists', { name: `List ${index}` })
    ids.push(answer.id)
  }
  const toLine = (index: number) =>
    JSON.stringify({ title: `Todo ${index}`, listId: ids[index % ids.length] })
  for (let first = 0; first < todoCount; first += IMPORT_LINES) {
    const length = Math.min(IMPORT_LINES, todoCount - first)
    const lines = Array.from({ length }, (_, index) => toLine(first + index))
    await call('POST', '/api/todos/import', lines.join('\n'))
  }
  return ids
}
