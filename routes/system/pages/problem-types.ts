import { STATUS_CODES } from 'node:http'
import { type Html, html } from '../../../src/http/html.ts'
import { actions, type ProblemType as CatalogueEntry } from '../../../src/problems/problem-type.ts'

/** A kind of problem, as it is documented. */
export interface ProblemType extends CatalogueEntry {
  readonly type: string
  readonly code: string
}

/** What a kind of problem means, and what to do about it. */
export const renderProblemTypePage = ({
  type,
  title,
  status,
  detail,
  code,
  action,
  cause,
  next
}: ProblemType): Html => html`<h1>${title}</h1>
<p class="dim"><code>${code}</code>, sent with the status ${status} ${STATUS_CODES[status]}</p>
<h2>What happened</h2>
<p>${cause}</p>
<h2>What to do next</h2>
<p>${next}</p>
${
  action &&
  html`<h2>For programs</h2>
<p>The <code>action</code> is <code>${action}</code> unless the answer names another one: ${actions[action]}</p>`
}
<h2>The answer</h2>
<pre>${JSON.stringify({ type, title, status, detail, code, instance: 'the id of the request', action }, null, 2)}</pre>
<p><a href="/problems">All problems</a></p>`

/** The page of all problem types, by status. */
export const renderProblemTypesPage = (
  problemTypesByStatus: readonly ProblemType[]
): Html => html`<h1>Problems</h1>
<p>Every error of this service is a problem document (<a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>). A program
branches on its <code>code</code> and follows its <code>action</code>.</p>
${Array.from(
  Map.groupBy(problemTypesByStatus, ({ status }) => status),
  ([status, problemTypes]) => html`<h2>${status} ${STATUS_CODES[status]}</h2>
<ul>
${problemTypes.map(({ type, title, code }) => html`<li><a href="${type}">${title}</a> <code>${code}</code></li>\n`)}</ul>
`
)}
<h2>Actions</h2>
<dl>
${Object.entries(actions).map(([name, meaning]) => html`<dt><code>${name}</code></dt>\n<dd>${meaning}</dd>\n`)}</dl>`
