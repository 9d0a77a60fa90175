import { STATUS_CODES } from 'node:http'
import type { FastifyReply } from 'fastify'
import { type Html, html } from '../../../src/http/html.ts'
import type { FieldError, Problem } from '../../../src/problems/problem.ts'
import { actions } from '../../../src/problems/problem-type.ts'
import { prefersHtml, renderPage } from './layout.ts'

type ProblemDocument = ReturnType<Problem['toDocument']>

/**
 * Renders a problem as a page for a browser.
 * @returns undefined for clients that prefer JSON, and for `not_acceptable`: its route takes a token, which browsers do not send
 */
export const renderProblemPage = (reply: FastifyReply, problem: ProblemDocument): string | undefined =>
  prefersHtml(reply) && problem.code !== 'not_acceptable'
    ? renderPage(reply, problem.title, renderOccurrence(problem))
    : undefined

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
