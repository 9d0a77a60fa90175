import t from 'tap'
import { createKeyedQueue } from '../../src/process/keyed-queue.ts'

/** Reads that wait until `end` is called. */
function reads() {
  const begun: string[] = []
  const ends: (() => void)[] = []
  const read = (name: string) => () => {
    begun.push(name)
    return new Promise<string>(resolve => ends.push(() => resolve(name)))
  }
  return { begun, read, end: () => ends.shift()?.() }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

t.test('work of one key waits for its turn, and not for work of another key', async t => {
  const inTurn = createKeyedQueue(1)
  const { begun, read, end } = reads()
  const all = ['a1', 'a2', 'b1'].map(name => inTurn(name.charAt(0), read(name)))
  await turn()
  t.strictSame(begun, ['a1', 'b1'])
  end()
  await turn()
  t.strictSame(begun, ['a1', 'b1', 'a2'])
  end()
  end()
  t.strictSame(await Promise.all(all), ['a1', 'a2', 'b1'])
})

t.test('work beyond what may wait is refused', async t => {
  const inTurn = createKeyedQueue(2, 50)
  const { read, end } = reads()
  const all = Array.from({ length: 52 }, (_, index) => inTurn('a', read(`${index}`)))
  await turn()
  await t.rejects(inTurn('a', read('one too many')), {
    code: 'rate_limited',
    headers: { 'retry-after': '1' }
  })
  const other = inTurn('b', read('another'))
  for (let ended = 0; ended < 53; ended += 1) {
    await turn()
    end()
  }
  t.equal((await Promise.all(all)).length, 52)
  t.equal(await other, 'another')
})

t.test('work that fails leaves its turn to the next', async t => {
  const inTurn = createKeyedQueue(1)
  await t.rejects(
    inTurn('a', () => Promise.reject(new Error('gone'))),
    { message: 'gone' }
  )
  t.equal(await inTurn('a', async () => 'there'), 'there')
})
