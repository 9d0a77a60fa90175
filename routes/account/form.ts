import type { FastifyReply } from 'fastify'
import { type Html, html } from '../../src/http/html.ts'
import { Problem, type ProblemCode } from '../../src/problems/problem.ts'
import { renderAppPage } from '../pages/layout.ts'
import { describeWait } from './problem-page.ts'

/** A field that people fill in. The name is that of the value in the form. */
export interface Field {
  readonly name: string
  readonly label: string
  readonly hint: string
  readonly type: 'text' | 'password'
  /** What browsers and password managers may fill in (HTML, section 4.10.18.7). */
  readonly autocomplete: 'one-time-code' | 'current-password' | 'new-password'
  readonly inputmode?: 'numeric'
}

/** What is wrong with fields, by their names: sentences. */
export type FieldErrors = Readonly<Record<string, string>>

export interface Form {
  readonly appName: string
  readonly heading: string
  /** The path to which the form is sent, relative to the page: a proxy may have put something in front of it. */
  readonly action: string
  readonly intro: Html
  /** The user name of the account, where password managers look for it. It is not sent. */
  readonly username?: string
  /** Values that the link has brought. */
  readonly hidden: Readonly<Record<string, string>>
  readonly fields: readonly Field[]
  /** What was typed before. A password is never shown again. */
  readonly values?: Readonly<Record<string, string>>
  readonly button: string
  readonly errors?: FieldErrors
}

/** Renders a page with a form. With errors, they are listed first and repeated at their fields. */
export function renderForm(reply: FastifyReply, form: Form): string {
  const { appName, heading, action, intro, username, hidden, fields, values = {}, button, errors = {} } = form
  const faults = fields.flatMap(({ name }) => {
    const text = errors[name]
    return text === undefined ? [] : [{ name, text }]
  })
  return renderAppPage(reply, {
    appName,
    heading,
    isError: faults.length > 0,
    content: html`${faults.length > 0 ? renderSummary(faults) : undefined}<h1>${heading}</h1>
${intro}
<form method="post" action="${action}" novalidate>
${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)}${username && renderUsername(username)}
${fields.map(field => renderField(field, values[field.name], errors[field.name]))}
<button>${button}</button>
</form>`
  })
}

/** The summary takes the focus when the page opens, so that a screen reader begins with it. */
const renderSummary = (faults: readonly { name: string; text: string }[]) =>
  html`<div class="summary" role="alert" aria-labelledby="summary-title" tabindex="-1" autofocus>
<h2 id="summary-title">There is a problem</h2>
<ul>
${faults.map(({ name, text }) => html`<li><a href="#${name}">${text}</a></li>\n`)}</ul>
</div>
`

const renderUsername = (username: string) => html`<div class="field">
<label for="username">User name</label>
<input id="username" autocomplete="username" value="${username}" readonly>
</div>`

function renderField(
  { name, label, hint, type, autocomplete, inputmode }: Field,
  value: string | undefined,
  error: string | undefined
): Html {
  const description = error ? `${name}-hint ${name}-error` : `${name}-hint`
  return html`<div class="field${error && ' wrong'}">
<label for="${name}">${label}</label>
<p id="${name}-hint" class="dim">${hint}</p>
${error && html`<p id="${name}-error" class="error">${error}</p>\n`}
<input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false"${
    inputmode && html` inputmode="${inputmode}"`
  }${type === 'text' && value ? html` value="${value}"` : undefined} aria-describedby="${description}"${error && html` aria-invalid="true"`}>
</div>\n`
}

/** An answer that shows the form again. */
export interface FormProblem {
  readonly problem: Problem
  readonly errors: FieldErrors
}

/**
 * Looks for the fields that an error is about.
 * @param fieldByCode the fields to which other problems than wrong values belong
 * @throws the error, when it is about something that the people at the form cannot mend in it
 */
export function toFormProblem(
  error: unknown,
  fields: readonly Field[],
  fieldByCode: Partial<Record<ProblemCode, string>> = {}
): FormProblem {
  if (!(error instanceof Problem)) throw error
  const { title, detail, errors = [] } = error.toDocument('')
  const name = fieldByCode[error.code]
  if (name !== undefined) {
    const wait = describeWait(error.headers['retry-after'])
    const next = wait ? `Wait ${wait}, then try again.` : detail
    return { problem: error, errors: { [name]: `${title}. ${next}` } }
  }
  const faults = errors.flatMap(fault => {
    const field = fields.find(({ name }) => 'pointer' in fault && fault.pointer === `/${name}`)
    return field ? [[field.name, `The ${field.label.toLowerCase()} ${fault.detail}.`] as const] : []
  })
  if (faults.length === 0 || faults.length < errors.length) throw error
  return { problem: error, errors: Object.fromEntries(faults) }
}

/** Sets the status and the headers of a problem whose page is a form, and what the log says of it. */
export function setProblem(reply: FastifyReply, { code, status, headers }: Problem): void {
  reply.request.problemCode = code
  reply.code(status).headers(headers)
}
