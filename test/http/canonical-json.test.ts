import fc from 'fast-check'
import t from 'tap'
import { canonicalJson } from '../../src/http/canonical-json.ts'

/** The same value, its members in the reverse order at every depth. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([name, member]) => [name, reversed(member)] as const)
  return Object.fromEntries(entries.reverse())
}

t.test('equal JSON has one canonical text, different JSON has another', async t => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (one, other) => {
      const text = canonicalJson(one)
      t.equal(canonicalJson(reversed(one)), text)
      // JSON has one zero.
      t.strictSame(reversed(JSON.parse(text)), reversed(JSON.parse(JSON.stringify(one))))
      if (canonicalJson(other) === text) t.strictSame(JSON.parse(text), JSON.parse(JSON.stringify(other)))
    })
  )
  const pairs: [string, string][] = [
    ['{"a":{"b":1,"c":[{"d":2,"e":3}]}}', '{"a":{"c":[{"e":3,"d":2.0}],"b":1e0}}'],
    ['{"__proto__":{"b":1,"a":2},"x":1}', '{"x":1,"__proto__":{"a":2,"b":1}}'],
    ['{"10":1,"9":2,"é":3}', '{"\\u00e9":3,"9":2,"10":1}']
  ]
  for (const [one, other] of pairs)
    t.equal(canonicalJson(JSON.parse(one)), canonicalJson(JSON.parse(other)), one)
  t.not(canonicalJson({ a: [1, 2] }), canonicalJson({ a: [2, 1] }), 'the order of a list says something')
})
