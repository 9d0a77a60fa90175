import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { upgradeTodos } from '../src/todos/upgrade.ts'

/** Has the todos of an earlier version brought up to the present one before the first request. */
async function todos(app: FastifyInstance) {
  await upgradeTodos(app.store)
}

export default fp(todos, { name: 'todos', dependencies: ['database'] })
