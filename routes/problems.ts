import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { catalogue, Problem, type ProblemCode } from '../src/errors.ts'
import { ProblemDocument, problems } from './schemas.ts'

const { type, title, status, detail, code, action } = ProblemDocument.properties

const schema = {
  operationId: 'getProblem',
  summary: 'What a kind of problem means',
  description: 'The documentation behind the `type` of a problem document.',
  tags: ['problems'],
  params: Type.Object({
    code: Type.String({ description: 'the `code` of a problem', examples: ['rate_limited'] })
  }),
  response: {
    200: Type.Object({ type, title, status, detail, code, action }, { description: 'The kind of problem.' }),
    ...problems('not_found', 'uri_too_long')
  }
}

const documentation: FastifyPluginAsyncTypebox = async app => {
  app.get('/:code', { schema }, async function describe(request) {
    const { code } = request.params
    if (!Object.hasOwn(catalogue, code)) throw new Problem('not_found')
    return { type: `/problems/${code}`, code: code as ProblemCode, ...catalogue[code as ProblemCode] }
  })
}

export default documentation
