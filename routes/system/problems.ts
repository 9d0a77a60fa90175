import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { catalogue } from '../../src/features.ts'
import { Problem, type ProblemCode } from '../../src/problems/problem.ts'
import { htmlOrJsonResponse, prefersHtml, renderPage } from '../pages/layout.ts'
import { openProblemResponses, ProblemDocument } from '../schemas.ts'
import { renderProblemTypePage, renderProblemTypesPage } from './pages/problem-types.ts'

const { type, title, status, detail, code, action } = ProblemDocument.properties
const cause = Type.String({ description: 'what happened, in detail' })
const next = Type.String({ description: 'what to do next, in detail' })

const toProblemType = (code: ProblemCode) => ({
  type: `/problems/${code}`,
  code,
  ...catalogue[code]
})
const problemTypes = Object.keys(catalogue).map(code => toProblemType(code as ProblemCode))

const ProblemTypeDocument = Type.Object(
  { type, title, status, detail, code, action, cause, next },
  { examples: [toProblemType('rate_limited')] }
)
const ProblemTypeList = Type.Object(
  { items: Type.Array(ProblemTypeDocument) },
  { examples: [{ items: problemTypes.slice(0, 3) }] }
)

const list = {
  operationId: 'listProblems',
  summary: 'List all problem types',
  description: 'A page for browsers, JSON for programs.',
  tags: ['problems'],
  response: { 200: htmlOrJsonResponse('The problem types.', ProblemTypeList), ...openProblemResponses() }
}

const describe = {
  operationId: 'getProblem',
  summary: 'Explain a problem type',
  description:
    'The documentation at the `type` of a problem document: a page for browsers, JSON for programs.',
  tags: ['problems'],
  params: Type.Object({
    code: Type.String({ description: 'the `code` of a problem', examples: ['rate_limited'] })
  }),
  response: {
    200: htmlOrJsonResponse('The problem type.', ProblemTypeDocument),
    ...openProblemResponses('not_found', 'uri_too_long')
  }
}

const documentation: FastifyPluginAsyncTypebox = async app => {
  app.get('', { schema: list }, async function listProblems(_request, reply) {
    return prefersHtml(reply)
      ? renderPage(reply, 'Problems', renderProblemTypesPage(problemTypes))
      : { items: problemTypes }
  })

  app.get('/:code', { schema: describe }, async function describe(request, reply) {
    const problemType = problemTypes.find(({ code }) => code === request.params.code)
    if (!problemType) throw new Problem('not_found')
    return prefersHtml(reply)
      ? renderPage(reply, problemType.title, renderProblemTypePage(problemType))
      : problemType
  })
}

export default documentation
