import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { openStore, type Store, type StoreOptions } from '../src/db/store.ts'

declare module 'fastify' {
  interface FastifyInstance {
    store: Store
  }
}

/** The database, open from the start of the service to its end. */
async function database(app: FastifyInstance, options: Omit<StoreOptions, 'log'>) {
  app.decorate('store', await openStore({ ...options, log: app.log }))
  app.addHook('onClose', () => app.store.close())
}

export default fp(database, { name: 'database' })
