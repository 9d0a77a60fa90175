import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { OpenBroadcast } from '../src/cluster/broadcast.ts'
import {
  type ChangeStreams,
  type ChangeStreamsOptions,
  createChangeStreams,
  type StreamIntervals
} from '../src/sync/stream/change-streams.ts'
import { createWakeUps } from '../src/sync/stream/wake-ups.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The streams of changes of this process. */
    changeStreams: ChangeStreams
  }
}

export interface ChangeStreamsPluginOptions extends Pick<ChangeStreamsOptions, 'limits' | 'random'> {
  /** Opens a broadcast to the other workers, when the database passes no messages on. */
  readonly openBroadcast?: OpenBroadcast | undefined
  readonly intervals?: (StreamIntervals & { readonly poll?: number | undefined }) | undefined
}

/** Streams the changes of users, from the start of the service to its end. */
async function changeStreams(
  app: FastifyInstance,
  { openBroadcast, limits, random, intervals }: ChangeStreamsPluginOptions
) {
  const { store, readChanges } = app
  const openByDatabase = store.openBroadcast
  const wakeUps = createWakeUps({
    store,
    openBroadcast: openByDatabase ? listener => openByDatabase(listener, random) : openBroadcast,
    pollInterval: intervals?.poll
  })
  const streams = createChangeStreams({ store, readChanges, wakeUps, limits, random, intervals })
  app.decorate('changeStreams', streams)
  // Before the server waits for its connections to end.
  app.addHook('preClose', async () => streams.endAll())
  app.addHook('onClose', async () => {
    streams.close()
    await wakeUps.close()
  })
}

export default fp(changeStreams, { name: 'change-streams', dependencies: ['database', 'changes'] })
