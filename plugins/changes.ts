import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { changeSources } from '../src/features.ts'
import { createChangeReader, type ReadChanges } from '../src/sync/changes.ts'

declare module 'fastify' {
  interface FastifyInstance {
    readChanges: ReadChanges
  }
}

/** Reads what has changed of all kinds of data. */
async function changes(app: FastifyInstance) {
  app.decorate('readChanges', createChangeReader(app.store, changeSources))
}

export default fp(changes, { name: 'changes', dependencies: ['database'] })
