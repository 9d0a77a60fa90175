import { catalogue } from '../../../src/features.ts'
import type { UnavailabilityCode } from '../readiness.ts'
import { type Html, html } from './html.ts'

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
<p>${status === 'ok' ? html`<span class="up">It is up</span>, and the database answers.` : describeOutage(status)}</p>
<h2>Where to go on</h2>
<ul>
${links.docs && html`<li><a href="${links.docs}">Documentation</a>, to read the API and to try it</li>`}
${links.openapi && html`<li><a href="${links.openapi}">OpenAPI document</a>, for client generators</li>`}
<li><a href="${links.problems}">Problems</a>: what errors mean, and what to do next</li>
<li><a href="${links.limits}">Limits</a>: how long, how many, how large</li>
<li>${links.source ? html`<a href="${links.source}">Source</a>` : html`Source: it is made to be read; begin with <code>src/app.ts</code>`}</li>
</ul>`

const describeOutage = (code: UnavailabilityCode): Html =>
  html`<span class="down">${catalogue[code].title}</span>: see <a href="/problems/${code}">what that means</a>.`
