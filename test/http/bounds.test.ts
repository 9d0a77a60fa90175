import t from 'tap'
import { Environment } from '../../src/config/environment-schema.ts'
import { ImportLine } from '../../src/todos/transfer/import-line.ts'
import { serve } from '../support/service.ts'

/** The most that an `integer` column of PostgreSQL holds; more is an error of the database (22003), hence a 500. */
const MAX = 2 ** 31 - 1

interface Found {
  readonly path: string
  readonly schema: { readonly minimum?: number; readonly maximum?: number }
}

interface Operation {
  readonly parameters?: unknown
  readonly requestBody?: unknown
}

/** The schemas of numbers within a schema, wherever they stand. */
function* numbersIn(schema: unknown, path: string): Generator<Found> {
  if (typeof schema !== 'object' || schema === null) return
  const { type } = schema as { type?: unknown }
  if ([type].flat().some(name => name === 'integer' || name === 'number')) yield { path, schema }
  for (const [name, value] of Object.entries(schema))
    if (name !== 'examples' && name !== 'example') yield* numbersIn(value, `${path}/${name}`)
}

const unbounded = (schema: unknown, path: string) =>
  [...numbersIn(schema, path)]
    .filter(({ schema: { minimum = -Infinity, maximum = Infinity } }) => minimum < -MAX || maximum > MAX)
    .map(({ path }) => path)

t.test('a number that comes from outside has bounds that both databases have room for', async t => {
  const { call } = await serve(t)
  const { body } = await call('GET', '/openapi.json')
  const numbers: string[] = []
  for (const [path, item] of Object.entries<Record<string, Operation>>(body.paths))
    for (const [method, { parameters, requestBody }] of Object.entries(item)) {
      const name = `${method} ${path}`
      numbers.push(...[...numbersIn({ parameters, requestBody }, name)].map(({ path }) => path))
      t.strictSame(unbounded({ parameters, requestBody }, name), [])
    }
  t.ok(
    numbers.some(name => name.startsWith('get /api/todos/')),
    'limit is among them'
  )
  t.strictSame(unbounded(ImportLine, 'import'), [])
  t.strictSame(unbounded(Environment, 'settings'), [])
  t.strictSame(
    unbounded({ anyOf: [{ type: ['integer', 'null'], minimum: 0 }] }, ''),
    ['/anyOf/0'],
    'it finds some'
  )
})
