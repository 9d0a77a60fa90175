import { MAX_IMPORT, MAX_IMPORT_LINES } from '../../src/todos/limits.ts'

/** A request that costs the service as much as an ordinary user can make it. */
export interface WorstRequest {
  readonly title: string
  readonly path: string
  readonly method?: 'POST'
  readonly type?: string
  readonly body?: () => string
}

const batchRequest = (title: string, ...operations: object[]): WorstRequest => ({
  title,
  path: '/api/todos/batch',
  method: 'POST',
  body: () => JSON.stringify({ operations })
})

const listRequest = (title: string, query: string): WorstRequest => ({ title, path: `/api/todos?${query}` })

/** How words of the todos begin, each of which most todos have, and none has all of. */
const MANY_TERMS = encodeURIComponent('b c d g m o p r t w')
const NO_MATCH = 'zyxwvu'
/** One character that expands to eighteen when it is folded. */
const SALLALLAHOU = '\ufdfa'
const FIRST_HAN = 0x4e00
/** Characters of a description. */
const MAX_DESCRIPTION_LENGTH = 16_384

const hanText = (index: number, length: number) =>
  Array.from({ length }, (_, at) =>
    String.fromCharCode(FIRST_HAN + ((index * 7919 + at * 31) % 20_000))
  ).join('')

/** As many lines as are taken in one import. */
function createImportBody(line: (index: number) => object): string {
  const lines: string[] = []
  let size = 0
  for (let index = 0; index < MAX_IMPORT_LINES; index += 1) {
    const text = `${JSON.stringify(line(index))}\n`
    size += Buffer.byteLength(text)
    if (size > MAX_IMPORT) break
    lines.push(text)
  }
  return lines.join('')
}

const importRequest = (title: string, line: (index: number) => object): WorstRequest => ({
  title,
  path: '/api/todos/import',
  method: 'POST',
  type: 'application/x-ndjson',
  body: () => createImportBody(line)
})

/** Those that change nothing for the ones after them. */
export const reads: readonly WorstRequest[] = [
  listRequest('a search that finds nothing, by title', `q=${NO_MATCH}&sort=title`),
  listRequest('a search by one letter, by title', 'q=b&sort=title'),
  listRequest('a search by ten letters, counted', `q=${MANY_TERMS}&count=true`),
  listRequest('a tag, counted', 'tag=milk&count=true'),
  listRequest('a tag in the trash, by priority', 'tag=milk&deleted=true&sort=-priority'),
  listRequest('those done, counted', 'done=true&count=true'),
  listRequest('due before the end, by title', 'dueBefore=9999-12-31&sort=title'),
  listRequest(
    'changed since long ago, by priority',
    'updatedAfter=2000-01-01T00:00:00Z&sort=-priority&count=true'
  ),
  listRequest(
    'high priority, done, by due date, the last page',
    'done=true&priority=high&dueAfter=2099-01-01&sort=due'
  ),
  { title: 'the whole list, exported', path: '/api/todos/export' }
]

/** In this order: some need what those before them leave. */
export const writes: readonly WorstRequest[] = [
  batchRequest('would complete all', { op: 'patch', where: { done: false }, changes: { done: true } }),
  batchRequest('completes all', { op: 'patch', where: { done: false }, changes: { done: true } }),
  batchRequest('reopens all', { op: 'patch', where: { done: true }, changes: { done: false } }),
  batchRequest('completes those with a tag', {
    op: 'patch',
    where: { tag: ['milk'] },
    changes: { done: true }
  }),
  batchRequest(
    'makes twenty todos of U+FDFA',
    ...Array.from({ length: 20 }, () => ({
      op: 'create',
      todo: { title: 'fdfa', description: SALLALLAHOU.repeat(MAX_DESCRIPTION_LENGTH) }
    }))
  ),
  {
    title: 'a batch of 340,000 empty operations',
    path: '/api/todos/batch',
    method: 'POST',
    body: () => `{"operations":[${Array(340_000).fill('{}').join()}]}`
  },
  importRequest('an import of wrong lines', () => ({ titel: 'x', done: 3, x: [] })),
  importRequest('an import of Han text', index => ({
    title: `han ${index}`,
    description: hanText(index, 5000)
  })),
  listRequest('the first search after that', `q=${encodeURIComponent(hanText(3, 4))}`),
  importRequest('an import of short lines', index => ({ title: `${index}` })),
  listRequest('the first search after that', `q=${NO_MATCH}`),
  batchRequest('deletes all', { op: 'delete', where: { dueAfter: '0001-01-01' } }),
  batchRequest('deletes the rest', { op: 'delete', where: { updatedAfter: '2000-01-01T00:00:00Z' } })
]
