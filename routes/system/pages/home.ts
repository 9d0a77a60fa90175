import { catalogue } from '../../../src/features.ts'
import { type Html, html } from '../../../src/http/html.ts'
import type { UnavailabilityCode } from '../readiness.ts'

/** What the service says of itself. */
export interface ServiceInfo {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly status: 'ok' | UnavailabilityCode
  readonly links: {
    readonly docs?: string
    readonly openapi?: string
    readonly problems: string
    readonly limits: string
    readonly source?: string | undefined
  }
}

/** What this is, whether it is up, and where to go on. */
export const homePage = ({ description, status, links }: ServiceInfo): Html => html`<h1>Latchkey</h1>
<p>${description}.</p>
<p>${status === 'ok' ? html`<span class="up">The service is up</span>, and the database answers.` : describeOutage(status)}</p>
<h2>More</h2>
<ul>
${links.docs && html`<li><a href="${links.docs}">Documentation</a>: read and try the API</li>`}
${links.openapi && html`<li><a href="${links.openapi}">OpenAPI document</a>: for client generators</li>`}
<li><a href="${links.problems}">Problems</a>: what errors mean and what to do next</li>
<li><a href="${links.limits}">Limits</a>: sizes, counts and periods</li>
<li>${links.source ? html`<a href="${links.source}">Source</a>` : html`Source: begin with <code>src/app.ts</code>`}</li>
</ul>`

const describeOutage = (code: UnavailabilityCode): Html =>
  html`<span class="down">${catalogue[code].title}</span>: see <a href="/problems/${code}">what that means</a>.`
