import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import { type Html, html } from '../../../src/http/html.ts'
import type { FieldError, Problem } from '../../../src/problems/problem.ts'
import { actions } from '../../../src/problems/problem-type.ts'
import { prefersHtml, renderPage } from '../../pages/layout.ts'

export type ProblemDocument = ReturnType<Problem['toDocument']>

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Renders the problems of a route that is for people: always a page, in words for them. */
    renderProblem?: (reply: FastifyReply, problem: ProblemDocument) => string
  }
}

/**
 * Renders a problem as a page: for a browser, and for every client of a route that is for people.
 * @returns undefined for clients that prefer JSON, and for `not_acceptable`: its route takes a token, which browsers do not send
 */
export function renderProblemPage(reply: FastifyReply, problem: ProblemDocument): string | undefined {
  const { renderProblem } = reply.routeOptions.config
  if (renderProblem) return renderProblem(reply, problem)
  if (!prefersHtml(reply) || problem.code === 'not_acceptable') return undefined
  return renderPage(reply, problem.title, renderOccurrence(problem))
}

const renderOccurrence = ({
  type,
  title,
  status,
  detail,
  code,
  instance,
  errors,
  action
}: ProblemDocument): Html =>
  html`<h1>${title}</h1>
<p class="dim"><code>${code}</code>, the status is ${status} ${STATUS_CODES[status]}</p>
<p>${detail}</p>
${errors && html`<ul>\n${errors.map(renderFieldError)}</ul>`}
${action && html`<p>For programs, the <code>action</code> is <code>${action}</code>: ${actions[action]}</p>`}
<p class="dim">The id of this request in the log is <code>${instance}</code>.</p>
<p><a href="${type}">What this means and what to do next</a></p>`

const renderFieldError = (error: FieldError): Html =>
  html`<li><code>${'pointer' in error ? error.pointer : error.parameter}</code> ${error.detail}</li>\n`
