import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { type AuditLog, createAuditLog } from '../src/auth/audit/audit-log.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The log of what happened to accounts. */
    auditLog: AuditLog
  }
}

async function auditLog(app: FastifyInstance) {
  app.decorate('auditLog', createAuditLog(app.store))
}

export default fp(auditLog, { name: 'audit-log', dependencies: ['database'] })
