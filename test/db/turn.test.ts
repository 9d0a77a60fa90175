import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createRemoteWriteLock, createWriteLockQueue } from '../../src/cluster/write-lock.ts'

/** A process that takes turns, and what it was doing when. */
function processesOf(names: readonly string[], limit?: number) {
  const { join, leave } = createWriteLockQueue(limit)
  const log: string[] = []
  const processes = names.map(name => {
    const [inner, outer] = [new EventEmitter(), new EventEmitter()]
    const toPrimary = { send: (message: unknown) => outer.emit('message', message), on: inner.on.bind(inner) }
    let isThere = true
    const toWorker = {
      send: (message: unknown) => isThere && setImmediate(() => inner.emit('message', message)),
      on: outer.on.bind(outer)
    }
    join(toWorker)
    const turn = createRemoteWriteLock(toPrimary)
    return {
      write: () => new Promise<void>(resolve => turn(() => resolve(void log.push(name)))),
      hang: () => turn(() => {}),
      say: (message: unknown) => toPrimary.send(message),
      /** From now on it hears nothing more. */
      freeze() {
        isThere = false
      },
      die() {
        isThere = false
        leave(toWorker)
      }
    }
  })
  return { processes, log }
}

type Trial = ReturnType<typeof processesOf>['processes'][number]

t.test('turns are given in the order in which they were asked for', async t => {
  const { processes, log } = processesOf(['one', 'two', 'three'])
  const [one, two, three] = processes as [Trial, Trial, Trial]
  await Promise.all([two.write(), one.write().then(one.write), three.write()])
  t.strictSame(log, ['two', 'one', 'three', 'one'])
})

t.test('what is said of other things, or by one that has no turn, changes nothing', async t => {
  const { processes, log } = processesOf(['one', 'two'])
  const [one, two] = processes as [Trial, Trial]
  const writing = one.write()
  two.say('turn!')
  two.say({ of: 'something else' })
  await Promise.all([writing, two.write()])
  t.strictSame(log, ['one', 'two'])
})

t.test('one that dies with its turn, or waiting for it, does not keep the others', async t => {
  const { processes, log } = processesOf(['one', 'two', 'three'])
  const [one, two, three] = processes as [Trial, Trial, Trial]
  one.hang()
  two.hang()
  const writing = three.write()
  two.die()
  one.die()
  await writing
  t.strictSame(log, ['three'])
})

t.test('one that keeps its turn for too long is passed over, and may come again', async t => {
  const { processes, log } = processesOf(['one', 'two'], 1)
  const [one, two] = processes as [Trial, Trial]
  one.freeze()
  one.hang()
  await two.write()
  one.say('turn!')
  await sleep(2)
  await two.write()
  t.strictSame(log, ['two', 'two'])
})
