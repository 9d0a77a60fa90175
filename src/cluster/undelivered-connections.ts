import type { Worker } from 'node:cluster'
import { Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** With this message Node's primary hands a connection to a worker. */
const NewConnection = Type.Object({ act: Type.Literal('newconn'), seq: Type.Integer() })
/** With this one a worker answers a message. */
const Acknowledgement = Type.Object({ ack: Type.Integer() })

/**
 * Closes the connection that was on its way to a worker when the worker died. Node's primary keeps a connection until the
 * worker has it, and then forgets to close it: the client would wait for an answer for ever. Node documents neither the messages
 * nor a way to the connection.
 */
export function closeUndeliveredConnections(worker: Worker): void {
  const undelivered = new Map<number, { close(): void }>()
  const { process: child } = worker
  child.send = new Proxy(child.send, {
    apply(send, self, args) {
      const [message, connection] = args
      if (Value.Check(NewConnection, message)) undelivered.set(message.seq, connection)
      return Reflect.apply(send, self, args)
    }
  })
  child.on('internalMessage', (message: unknown) => {
    if (Value.Check(Acknowledgement, message)) undelivered.delete(message.ack)
  })
  worker.once('exit', () => {
    for (const connection of undelivered.values()) connection.close()
  })
}
