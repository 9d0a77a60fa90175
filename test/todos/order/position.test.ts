import t from 'tap'
import { V7Generator } from 'uuidv7'
import {
  MAX_POSITION_LENGTH,
  POSITION_PATTERN,
  positionAfter,
  positionBefore,
  positionBetween,
  positionRightAfter,
  toPosition
} from '../../../src/todos/order/position.ts'

const MOVES = 10_000
const SHAPE = new RegExp(POSITION_PATTERN)

/** Ids as the service makes them, all at one time. */
function newIds() {
  const ids = new V7Generator()
  return () => ids.generateOrResetWithTs(Date.parse('2026-01-01T00:00:00Z')).toString()
}

/** Positions of two todos that were created one right after the other. */
function neighbours() {
  const newId = newIds()
  return { newId, above: toPosition(newId()), below: toPosition(newId()) }
}

t.test('positions stay short when all todos are moved to one place', async t => {
  const { newId, above, below } = neighbours()
  for (const isAfter of [true, false]) {
    let last = isAfter ? below : above
    const positions = new Set<string>()
    for (let move = 0; move < MOVES; move++) {
      const next = isAfter ? positionBetween(above, last, newId()) : positionBetween(last, below, newId())
      const isInOrder = next && (isAfter ? above < next && next < last : last < next && next < below)
      if (!isInOrder) throw new Error(`${next} is out of order`)
      positions.add(next)
      last = next
    }
    t.equal(positions.size, MOVES)
    t.ok([...positions].every(position => position.length <= 64 && SHAPE.test(position)))
  }
})

t.test('10,000 moves between the last two moved todos keep the order, then no position is left', async t => {
  const newId = newIds()
  let [low, high] = [toPosition(newId()), toPosition(newId())]
  let moves = 0
  for (;;) {
    const position = positionBetween(low, high, newId())
    if (!position) break
    if (!(low < position && position < high)) throw new Error(`${position} is not between ${low} and ${high}`)
    moves += 1
    if (moves % 2 === 0) low = position
    else high = position
  }
  t.ok(moves > MOVES && moves < 2 * MOVES, `${moves} moves`)
  t.equal(Math.max(low.length, high.length), MAX_POSITION_LENGTH)
  t.match(high, SHAPE)
})

t.test('10,000 moves to the top or the bottom have positions there', async t => {
  const newId = newIds()
  let [top, bottom] = [toPosition(newId()), toPosition(newId())]
  for (let move = 0; move < MOVES; move++) {
    const [higher, lower] = [positionBefore(top, newId()), positionAfter(bottom, newId())]
    if (!(higher < top && bottom < lower)) throw new Error(`${higher}, ${lower}`)
    ;[top, bottom] = [higher, lower]
  }
  t.match(top, SHAPE)
  t.match(bottom, SHAPE)
  t.ok(bottom < toPosition(newId()), 'and a new one is still below')
  const ahead = toPosition('01ffffff-ffff-7fff-bfff-ffffffffffff')
  t.ok(positionAfter(ahead, newId()) > ahead, 'also after one of a clock that is ahead')
})

t.test('random moves keep the order', async t => {
  const newId = newIds()
  const order = Array.from({ length: 50 }, () => toPosition(newId()))
  let seed = 1
  for (let move = 0; move < MOVES; move++) {
    seed = (seed * 48_271) % 2_147_483_647
    order.splice(seed % 50, 1)
    const [above, below] = [order[(seed % 47) - 1], order[seed % 47]]
    const place =
      above && below ? positionBetween(above, below, newId()) : positionBefore(below ?? '', newId())
    order.splice(seed % 47, 0, place ?? '')
  }
  t.strictSame(order, order.toSorted())
  t.ok(order.every(position => SHAPE.test(position) && position.length <= 64))
})

t.test('positions beyond the first and the last possible one can be imported again', async t => {
  const newId = newIds()
  for (const [go, end, isInOrder] of [
    [positionAfter, 'y'.padEnd(21, 'z').padEnd(22, 'y'), (last: string, next: string) => last < next],
    [positionBefore, '0'.padEnd(21, '-').padEnd(22, '0'), (last: string, next: string) => next < last]
  ] as const) {
    let last = end
    for (let move = 0; move < MOVES; move++) {
      const next = go(last, newId())
      if (!isInOrder(last, next) || !SHAPE.test(next)) throw new Error(`${last}, ${next}`)
      last = next
    }
    t.ok(last.length <= 64, last)
    t.match(end, SHAPE)
    let longest = (go === positionAfter ? 'y' : '0').padEnd(
      MAX_POSITION_LENGTH,
      go === positionAfter ? 'z' : '-'
    )
    t.notMatch(longest, SHAPE)
    for (let move = 0; move < 3; move++) {
      const next = go(longest, newId())
      t.ok(isInOrder(longest, next), 'and there is always one')
      longest = next
    }
  }
})

t.test('a position right after another one is before all others, even those moved there', async t => {
  const newId = newIds()
  const position = toPosition(newId())
  const beyond = `${position.slice(0, -1)}${position.endsWith('-') ? '0' : 'z'}`
  let last = position
  for (let count = 0; count < 1000; count++) {
    const next = positionRightAfter(position, last, beyond, newId())
    if (!(last < next && next < beyond && next.startsWith(position) && SHAPE.test(next)))
      throw new Error(next)
    last = next
  }
  t.ok(last.length <= 54, last)
  const child = `${position}0${'-'.repeat(15)}`
  t.match({ next: positionRightAfter(position, position, child, newId()) < child }, { next: true })

  const long = 'V'.padEnd(MAX_POSITION_LENGTH - 1, '-')
  const far = positionRightAfter(`${long}0`, `${long}0`, `${long}z`, newId())
  t.ok(`${long}0` < far && far < `${long}z`, 'between the next one, where there is no room for more digits')
  t.ok(positionRightAfter(`${long}0`, `${long}0`, `${long}1`, newId()) > `${long}1`, 'or after that')
  t.ok(positionRightAfter(`${long}0`, `${long}0`, undefined, newId()) > `${long}0`)
})

t.test('no position lies between a position and itself, or itself with zeros at the end', t => {
  const newId = newIds()
  const position = toPosition(newId())
  t.equal(positionBetween(position, position, newId()), undefined)
  t.equal(positionBetween(position, position.padEnd(38, '-'), newId()), undefined)
  t.end()
})
