import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, Type } from '@sinclair/typebox'
import { catalogue, Problem, type ProblemCode } from '../src/errors.ts'
import { guides } from '../src/problem-guides.ts'
import { inBothForms, page, wantsPage } from './pages/layout.ts'
import { problemPage, problemsPage } from './pages/problems.ts'
import { ProblemDocument, problems } from './schemas.ts'

const { type, title, status, detail, code, action } = ProblemDocument.properties
const cause = Type.String({ description: 'what happened, at greater length' })
const next = Type.String({ description: 'what to do next, at greater length' })

const kindOf = (code: ProblemCode) => ({
  type: `/problems/${code}`,
  code,
  ...catalogue[code],
  ...guides[code]
})
const kinds = Object.keys(catalogue).map(code => kindOf(code as ProblemCode))

/** A kind of problem, as it is documented. */
export type ProblemKind = Static<typeof ProblemKindDocument>

const ProblemKindDocument = Type.Object(
  { type, title, status, detail, code, action, cause, next },
  { examples: [kindOf('rate_limited')] }
)
const ProblemList = Type.Object(
  { items: Type.Array(ProblemKindDocument) },
  { examples: [{ items: kinds.slice(0, 3) }] }
)

const list = {
  operationId: 'listProblems',
  summary: 'What can go wrong',
  description: 'All kinds of problems: a page for browsers, JSON for programs.',
  tags: ['problems'],
  response: { 200: inBothForms('The kinds of problems.', ProblemList), ...problems() }
}

const describe = {
  operationId: 'getProblem',
  summary: 'What a kind of problem means',
  description:
    'The documentation behind the `type` of a problem document: a page for browsers, JSON for programs.',
  tags: ['problems'],
  params: Type.Object({
    code: Type.String({ description: 'the `code` of a problem', examples: ['rate_limited'] })
  }),
  response: {
    200: inBothForms('The kind of problem.', ProblemKindDocument),
    ...problems('not_found', 'uri_too_long')
  }
}

const documentation: FastifyPluginAsyncTypebox = async app => {
  app.get('', { schema: list }, async function listProblems(_request, reply) {
    return wantsPage(reply) ? page(reply, 'Problems', problemsPage(kinds)) : { items: kinds }
  })

  app.get('/:code', { schema: describe }, async function describe(request, reply) {
    const kind = kinds.find(({ code }) => code === request.params.code)
    if (!kind) throw new Problem('not_found')
    return wantsPage(reply) ? page(reply, kind.title, problemPage(kind)) : kind
  })
}

export default documentation
