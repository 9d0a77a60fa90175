import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createReserve, NO_RESERVE } from '../../src/db/sqlite/reserve.ts'

t.test('a reserve is given away bit by bit, and taken back', async t => {
  const folder = t.testdir()
  const reserve = createReserve(join(folder, 'latchkey.db'))
  t.strictSame(readdirSync(folder), [], 'it has no name')
  for (let round = 0; round < 2; round += 1) {
    t.equal(reserve.release(0.5, 1_000_000), 1_000_000)
    t.equal(reserve.release(0.5, 10_000_000), 3_194_304, 'no more than half of it')
    t.equal(reserve.release(0.5, 1), 0)
    t.equal(reserve.release(1, 1_000_000), 1_000_000, 'the other half is kept for others')
    t.equal(reserve.release(0.5, 1), 0)
    t.equal(reserve.release(1, 10_000_000), 3_194_304)
    t.equal(reserve.release(1, 1), 0)
    t.equal(reserve.refill(), true)
  }
  t.equal(reserve.isDiskFull(), false)
  reserve.close()
  t.equal(reserve.refill(), false, 'as on a disk that has no room')
})

t.test('a database in memory has none', async t => {
  t.equal(NO_RESERVE.release(1, 1), 0)
  t.equal(NO_RESERVE.refill(), true)
  t.equal(NO_RESERVE.isDiskFull(), false)
  t.equal(NO_RESERVE.close(), undefined)
})
