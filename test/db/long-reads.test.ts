import t from 'tap'
import { createUserQueue } from '../../src/db/user-queue.ts'

/** Reads that wait until they are told to end. */
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

t.test('the long reads of a user follow each other, and those of another do not wait for them', async t => {
  const inTurn = createUserQueue(1)
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

t.test('a user has at most fifty waiting', async t => {
  const inTurn = createUserQueue(2)
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

t.test('a read that fails leaves its turn to the next', async t => {
  const inTurn = createUserQueue(1)
  await t.rejects(
    inTurn('a', () => Promise.reject(new Error('gone'))),
    { message: 'gone' }
  )
  t.equal(await inTurn('a', async () => 'there'), 'there')
})
