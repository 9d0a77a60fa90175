import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import batch from './batch.ts'
import patch from './patch.ts'
import reads from './reads.ts'
import series from './series.ts'
import exportRoute from './transfer/export.ts'
import importRoute from './transfer/import.ts'
import writes from './writes.ts'

const todos: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  app.register(reads)
  app.register(series, { config })
  app.register(async app => {
    app.addHook('onRequest', app.authorize)
    app.register(writes, { config })
    app.register(patch, { config })
    app.register(batch, { config })
    app.register(exportRoute)
    app.register(importRoute)
  })
}

export default todos
