import t from 'tap'
import { V7Generator } from 'uuidv7'
import { findPositions } from '../../../src/todos/lists/order.ts'
import { isBefore } from '../../../src/todos/order/list-position.ts'

t.test('where no position is left, all lists get new ones in their order', async t => {
  const ids = new V7Generator()
  const newId = () => ids.generate().toString()
  const [a, b, c] = ['1', '2', '3']
  const lists = [
    { id: a, position: `U${'-'.repeat(2260)}A` },
    { id: b, position: `U${'-'.repeat(2260)}B` },
    { id: c, position: `V${'-'.repeat(21)}` }
  ]
  const positions = findPositions(lists, lists[2] as never, { after: a }, newId)
  const ordered = [a, c, b].map(id => ({ id, position: String(positions.get(id)) }))
  t.equal(positions.size, 3)
  t.ok(ordered.every((list, index) => index === 0 || isBefore(ordered[index - 1] as never, list)))
  t.strictSame(findPositions([], { id: 'x', position: 'U' }, { to: 'top' }, newId), new Map())
})
