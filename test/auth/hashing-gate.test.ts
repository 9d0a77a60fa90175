import t from 'tap'
import { createHashQueue } from '../../src/auth/passwords/hash-queue.ts'

/** So much that there is room for one hash to wait on each core. */
const costly = { memoryKiB: 19_456, passes: 100 }

/** A gate, and hashes that a test ends when it likes. */
function gateUnderTest(cores: number, parameters = costly) {
  const inTurn = createHashQueue(parameters, cores)
  const started: PromiseWithResolvers<string>[] = []
  const work = () => {
    const hash = Promise.withResolvers<string>()
    started.push(hash)
    return hash.promise
  }
  return { hash: () => inTurn(work), started }
}

const overloaded = { code: 'overloaded', status: 503, headers: { 'retry-after': '2' } }
/** Lets everything happen that is able to. */
const settle = () => new Promise(resolve => setImmediate(resolve))

t.test('[HASH] as many hashes run at once as there are cores; the others wait in order', async t => {
  const { hash, started } = gateUnderTest(2)
  const order: string[] = []
  const hashes = ['a', 'b', 'c', 'd'].map(async name => order.push(`${name} ${await hash()}`))
  await settle()
  t.equal(started.length, 2)
  started[1]?.resolve('2nd')
  await settle()
  t.equal(started.length, 3, 'an end makes room for one')
  started[2]?.resolve('3rd')
  await settle()
  started[3]?.resolve('4th')
  started[0]?.resolve('1st')
  await Promise.all(hashes)
  t.strictSame(order, ['b 2nd', 'c 3rd', 'd 4th', 'a 1st'])
})

t.test('[HASH] a full queue refuses at once and says when to retry', async t => {
  const { hash, started } = gateUnderTest(2)
  const accepted = Array.from({ length: 4 }, hash)
  await t.rejects(hash(), overloaded)
  await t.rejects(hash(), overloaded)
  started[0]?.resolve('')
  await settle()
  accepted.push(hash())
  await t.rejects(hash(), overloaded, 'one has ended, so there is room for one')
  for (let turn = 0; turn < 3; turn += 1) {
    for (const { resolve } of started) resolve('')
    await settle()
  }
  t.equal((await Promise.all(accepted)).length, 5)
})

t.test('[HASH] a hash that fails lets the next one run', async t => {
  const { hash, started } = gateUnderTest(1)
  const [first, second] = [hash(), hash()]
  await settle()
  started[0]?.reject(new Error('out of memory'))
  await t.rejects(first, { message: 'out of memory' })
  await settle()
  started[1]?.resolve('hashed')
  t.equal(await second, 'hashed')
  const third = hash()
  await settle()
  started[2]?.resolve('too')
  t.equal(await third, 'too')
})

t.test('[HASH] the queue holds what the cores can do in two seconds', async t => {
  const cases = [
    { cores: 1, parameters: { memoryKiB: 19_456, passes: 2 }, places: 51 },
    { cores: 8, parameters: { memoryKiB: 19_456, passes: 2 }, places: 408 },
    { cores: 2, parameters: { memoryKiB: 65_536, passes: 3 }, places: 20 },
    { cores: 4, parameters: { memoryKiB: 4_194_304, passes: 100 }, places: 4 }
  ]
  for (const { cores, parameters, places } of cases) {
    const { hash, started } = gateUnderTest(cores, parameters)
    for (let waiting = 0; waiting < cores + places; waiting += 1) hash()
    await t.rejects(hash(), overloaded, `${cores} cores, ${JSON.stringify(parameters)}`)
    await settle()
    t.equal(started.length, cores)
  }
})
