import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type Clock, openStore, type Store } from '../src/db/store.ts'

declare module 'fastify' {
  interface FastifyInstance {
    store: Store
  }
}

/** The database, open from the start of the service to its end. */
async function store(app: FastifyInstance, { url, clock }: { url: string; clock: Clock }) {
  app.decorate('store', openStore(url, clock))
  app.addHook('onClose', () => app.store.close())
}

export default fp(store, { name: 'store' })
