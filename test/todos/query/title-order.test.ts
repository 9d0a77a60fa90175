import fc from 'fast-check'
import t from 'tap'
import { toTitleKey } from '../../../src/todos/query/title-key.ts'
import { serveSignedIn } from '../signed-in.ts'

const THIRTY_DIGITS = '123456789012345678901234567890'
/** In their order. */
const TITLES = [
  '-5',
  '1',
  '1.2',
  '1.10',
  '2',
  '10',
  '2026-3-9',
  '2026-03-10',
  '2026-12-01',
  'Item',
  'Item 0',
  'Item 00',
  'Item 1',
  'item 01',
  'Item 001',
  'Item 1 a',
  'Item 01 b',
  'Item 1 c',
  'Item 1a',
  'Item 2',
  'Item ٣',
  'Item 9',
  'Item １０',
  'Item ११',
  'Item 12 and 2',
  'Item 12 and 02',
  'Item 012 and 2',
  'Item 12 and 10',
  'Item 99999999',
  'Item 100000000',
  'Item 0100000001',
  `Item ${THIRTY_DIGITS}`,
  `Item ${THIRTY_DIGITS.replace(/.$/, '1')}`,
  `Item ${THIRTY_DIGITS}0`,
  'Item a',
  'ítem b 9',
  'Item b 10',
  'v1.9.0',
  'v1.10.0',
  '巻9',
  '巻10'
]

t.test('titles are in natural order, also a page at a time', async t => {
  const { todos, make } = await serveSignedIn(t)
  await make(
    ...TITLES.map((title, index) => [title, (index * 17) % TITLES.length] as const)
      .sort(([, a], [, b]) => a - b)
      .map(([title]) => title)
  )
  for (const [sort, expected] of [
    ['title', TITLES],
    ['-title', TITLES.toReversed()]
  ] as const) {
    const walked: string[] = []
    for (let next: string | null = ''; next !== null; ) {
      const { body } = await todos('GET', `?sort=${sort}&limit=3${next && `&cursor=${next}`}`)
      walked.push(...body.items.map(({ title }: { title: string }) => title))
      next = body.nextCursor
    }
    t.strictSame(walked, expected)
  }
})

interface Title {
  readonly before: string
  readonly value: bigint
  readonly after: string
  readonly zeros: number
}

t.test('numbers are compared by their values, then by the zeros before them', t => {
  const word = fc.string({ unit: fc.constantFrom('A', 'B', 'Z'), maxLength: 3 })
  const value = fc.bigInt({ min: 0n, max: 10n ** 40n })
  const title = fc.record({ before: word, value, after: word, zeros: fc.nat({ max: 5 }) })
  const compare = <Value extends string | number | bigint>(a: Value, b: Value) => (a < b ? -1 : a > b ? 1 : 0)
  const toKey = ({ before, value, after, zeros }: Title) =>
    toTitleKey(`${before}${'0'.repeat(zeros)}${value}${after}`)
  fc.assert(
    fc.property(title, title, fc.constantFrom('value', 'after', 'zeros'), (one, other, difference) => {
      // Titles that differ in one part only are rare at random.
      const near = { ...one, [difference]: other[difference] }
      for (const two of [other, near])
        t.equal(
          compare(toKey(one), toKey(two)),
          compare(one.before, two.before) ||
            compare(one.value, two.value) ||
            compare(one.after, two.after) ||
            compare(one.zeros, two.zeros)
        )
    })
  )
  t.end()
})

t.test('as many characters of a title count as before', t => {
  const long = 'x'.repeat(190)
  t.ok(toTitleKey(`${long} Item 9`) < toTitleKey(`${long} Item 10`))
  t.equal(toTitleKey(`${long}${'y'.repeat(10)}1`), toTitleKey(`${long}${'y'.repeat(10)}2`))
  t.ok(toTitleKey('01a'.repeat(166)).length <= 400, 'not too long for an index of PostgreSQL')
  t.equal(toTitleKey('9'.repeat(500)), `9200${'9'.repeat(200)}`)
  t.end()
})
