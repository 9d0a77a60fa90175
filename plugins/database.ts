import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Config } from '../src/config/config.ts'
import { openStore, type Store, type StoreOptions } from '../src/db/store.ts'
import { features } from '../src/features.ts'

declare module 'fastify' {
  interface FastifyInstance {
    store: Store
  }
}

export interface DatabaseOptions extends Omit<StoreOptions, 'log' | 'url'> {
  readonly config: Config
}

/** The database, open from the start of the service to its end. */
async function database(app: FastifyInstance, { config, ...options }: DatabaseOptions) {
  const store = await openStore({ ...options, url: config.database.url, log: app.log })
  for (const { configure } of features) configure?.(store, config)
  app.decorate('store', store)
  app.addHook('onClose', async () => {
    for (const { stopPendingWork } of features) await stopPendingWork?.(store)
    await app.store.close()
  })
}

export default fp(database, { name: 'database' })
