import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createBroadcastRelay, createRemoteBroadcast } from '../../src/cluster/broadcast.ts'
import type { Channel } from '../../src/cluster/channel.ts'

/** A channel to the primary as a worker has it, and as the primary has it. */
function connect(): [worker: Channel, primary: Channel] {
  const [inner, outer] = [new EventEmitter(), new EventEmitter()]
  return [
    { send: message => outer.emit('message', message), on: inner.on.bind(inner) },
    { send: message => inner.emit('message', message), on: outer.on.bind(outer) }
  ]
}

function openWorkers(count: number) {
  const relay = createBroadcastRelay()
  return Array.from({ length: count }, () => {
    const [worker, primary] = connect()
    relay.join(primary)
    const heard: string[] = []
    const broadcast = createRemoteBroadcast(worker)({
      onMessage: message => heard.push(message),
      onGap() {}
    })
    const sent: unknown[] = []
    primary.on('message', message => sent.push(message))
    return { ...broadcast, heard, sent, worker, primary, leave: () => relay.leave(primary) }
  })
}

t.test('what one worker publishes all others hear, once and together', async t => {
  const [one, two, three] = openWorkers(3) as [Worker, Worker, Worker]
  for (const message of ['ada', 'bob', 'ada']) one.publish(message)
  t.strictSame(one.sent, [], 'it gathers')
  await sleep(40)
  t.strictSame(one.sent, [{ published: ['ada', 'bob'] }])
  t.strictSame([one.heard, two.heard, three.heard], [[], ['ada', 'bob'], ['ada', 'bob']])

  // Other messages on the channel are none of the broadcast's.
  two.worker.send('turn?')
  two.primary.send({ counted: { current: 1, ttl: 2 } })
  two.publish('cy')
  await sleep(40)
  t.strictSame([one.heard, two.heard, three.heard.slice(2)], [['cy'], ['ada', 'bob'], ['cy']])
})

t.test('who is gone hears and says nothing more', async t => {
  const [one, two, three] = openWorkers(3) as [Worker, Worker, Worker]
  two.leave()
  one.publish('ada')
  three.publish('lost')
  await three.close()
  await sleep(40)
  t.strictSame([one.heard, two.heard, three.heard], [[], [], []])
  t.strictSame([one.sent, three.sent], [[{ published: ['ada'] }], []])
})

type Worker = ReturnType<typeof openWorkers>[number]
