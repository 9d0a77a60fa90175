import t from 'tap'
import { batchReads, MAX_IDS } from '../../src/db/read-batches.ts'

t.test('what is asked for in a turn is read together, each id once', async t => {
  const asked: string[][] = []
  const read = batchReads(async ids => {
    asked.push([...ids])
    return new Map(ids.filter(id => id !== 'none').map(id => [id, `value of ${id}`]))
  })
  t.strictSame(await Promise.all(['a', 'b', 'a', 'none'].map(read)), [
    'value of a',
    'value of b',
    'value of a',
    undefined
  ])
  t.equal(await read('a'), 'value of a')
  t.strictSame(asked, [['a', 'b', 'none'], ['a']], 'nothing is kept for the next turn')
})

t.test('no more are read at a time than there are places', async t => {
  const asked: number[] = []
  const read = batchReads(async ids => {
    asked.push(ids.length)
    return new Map(ids.map(id => [id, id]))
  })
  const ids = Array.from({ length: 2 * MAX_IDS + 1 }, (_, index) => `${index}`)
  t.strictSame(await Promise.all(ids.map(read)), ids)
  t.strictSame(asked, [MAX_IDS, MAX_IDS, 1])
})

t.test('[V7.4.1] what is asked for while others are read is read after them', async t => {
  let value = 'old'
  const { promise, resolve } = Promise.withResolvers<void>()
  const read = batchReads(async ids => {
    const present = value
    await promise
    return new Map(ids.map(id => [id, present]))
  })
  const first = read('a')
  await new Promise(setImmediate)
  value = 'new'
  const second = read('a')
  resolve()
  t.strictSame(await Promise.all([first, second]), ['old', 'new'])
})

t.test('a reading that fails fails for all who wait for it', async t => {
  const failure = new Error('the database is away')
  const read = batchReads(async () => {
    throw failure
  })
  t.strictSame(await Promise.allSettled([read('a'), read('b')]), [
    { status: 'rejected', reason: failure },
    { status: 'rejected', reason: failure }
  ])
})
