import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { TokenPairDocument, UserDocument } from './auth/schemas.ts'
import { ProblemDocument } from './schemas.ts'
import { TodoDocument, TodoPageDocument } from './todos/schemas.ts'

/** The schemas that have a name, for other schemas to refer to and for generated clients to have one type of each. */
async function components(app: FastifyInstance) {
  for (const schema of [ProblemDocument, UserDocument, TokenPairDocument, TodoDocument, TodoPageDocument])
    app.addSchema(schema)
}

export default fp(components, { name: 'components' })
