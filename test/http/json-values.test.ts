import t from 'tap'
import { MAX_VALUES } from '../../src/config/limits.ts'
import { hasTooManyValues } from '../../src/http/json-values.ts'

const list = (count: number, value = '1') => `[${Array(count).fill(value).join(',')}]`

t.test('values are counted, with the names of members, wherever they stand', async t => {
  const most = MAX_VALUES
  const members = (count: number) => `{${Array(count).fill('"a":"b"').join(',')}}`
  const cases: [string, (size: number) => string, number][] = [
    ['a list', size => list(size - 2), most],
    ['lists in a list', size => list(size / 2 - 1, '[]'), most],
    ['members', size => members(size / 2 - 1), most],
    ['depth', size => '['.repeat(size - 1), most]
  ]
  for (const [name, textOf, size] of cases) {
    t.notOk(hasTooManyValues(textOf(size)), name)
    t.ok(hasTooManyValues(textOf(size + 2)), name)
  }
})

t.test('braces and commas in a text are no values, in any spelling', async t => {
  const marks = ',:[{'.repeat(MAX_VALUES)
  for (const text of [marks, `"${marks}`, `\\${marks}`, `${marks}\\"${marks}\\`, `\\\\"${marks}`])
    t.notOk(hasTooManyValues(JSON.stringify([text, { [text]: text }])))
  t.notOk(hasTooManyValues(`"${marks}`), 'nor in one that has no end')
  t.ok(hasTooManyValues(`["\\\\"${marks}`))
})
