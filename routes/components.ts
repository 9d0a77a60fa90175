import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { AuditEventDocument, AuditEventPageDocument, SessionDocument } from './auth/account-schemas.ts'
import { TokenPairDocument, UserDocument } from './auth/schemas.ts'
import { ProblemDocument } from './schemas.ts'
import { LimitsDocument } from './system/limits.ts'
import { BatchDocument } from './todos/batch-schemas.ts'
import { TodoDocument, TodoPageDocument } from './todos/documents.ts'

/** The schemas that have a name, for other schemas to refer to and for generated clients to have one type of each. */
async function components(app: FastifyInstance) {
  const schemas = [
    ProblemDocument,
    LimitsDocument,
    UserDocument,
    TokenPairDocument,
    SessionDocument,
    AuditEventDocument,
    AuditEventPageDocument,
    TodoDocument,
    TodoPageDocument,
    BatchDocument
  ]
  for (const schema of schemas) app.addSchema(schema)
}

export default fp(components, { name: 'components' })
