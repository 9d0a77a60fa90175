import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Config } from '../../src/config/config.ts'
import patch from './patch.ts'
import reads from './reads.ts'
import writes from './writes.ts'

const lists: FastifyPluginAsyncTypebox<{ config: Config }> = async (app, { config }) => {
  app.register(reads)
  app.register(async app => {
    app.addHook('onRequest', app.authorize)
    app.register(writes, { config })
    app.register(patch, { config })
  })
}

export default lists
