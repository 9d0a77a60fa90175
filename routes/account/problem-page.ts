import type { FastifyReply } from 'fastify'
import { type Html, html } from '../../src/http/html.ts'
import type { ProblemCode } from '../../src/problems/problem.ts'
import { renderAppPage } from '../pages/layout.ts'
import type { ProblemDocument } from '../system/pages/problem-occurrence.ts'

/** What a problem is for people, where the words of the catalogue are for programs. */
interface ProblemText {
  readonly title?: string
  /** What to do next. */
  readonly next: string
}

export type ProblemTexts = Partial<Record<ProblemCode, ProblemText>>

const TEXTS: ProblemTexts = {
  validation_failed: {
    title: 'The link or the form is not whole',
    next: 'Open the link in the mail again, whole, and send the form of the page as it is.'
  },
  mail_not_configured: {
    title: 'This page does not work here',
    next: 'The service sends no mail, so there is no link and no code for this page. Ask those who run the service.'
  },
  challenge_expired: {
    title: 'The code is no longer good',
    next: 'It was used, it is older than ten minutes, or there is a newer one. Ask for a new code in the app, and open the link of that mail.'
  },
  too_many_tries: { next: 'Ask for a new code in the app then.' },
  account_disabled: { next: 'Nothing of it is lost. Ask those who run the service.' },
  internal_error: {
    next: 'Go back and try again. If that does not help, tell those who run the service the id of the request.'
  }
}

/** Creates what renders the problems of a page that is for people. */
export const createProblemRenderer =
  (appName: string, textsOfPage: ProblemTexts) =>
  (reply: FastifyReply, { code, title, detail, errors, instance }: ProblemDocument): string => {
    const text = textsOfPage[code] ?? TEXTS[code]
    const heading = text?.title ?? title
    const wait = describeWait(reply.getHeader('retry-after'))
    const next = wait ? `Wait ${wait}. ${text?.next ?? 'Then go back and send the form again.'}` : text?.next
    return renderAppPage(reply, {
      appName,
      heading,
      isError: true,
      content: html`<h1>${heading}</h1>
<p>${next ?? detail}</p>
${errors && html`<ul class="dim">\n${errors.map(renderFault)}</ul>\n`}<p class="dim">The id of this request is <code>${instance}</code>.</p>`
    })
  }

const renderFault = (fault: NonNullable<ProblemDocument['errors']>[number]): Html =>
  html`<li><code>${'pointer' in fault ? fault.pointer : fault.parameter}</code> ${fault.detail}</li>\n`

const MINUTE = 60

/** @param retryAfter the value of the header `Retry-After`, in seconds */
export function describeWait(retryAfter: number | string | string[] | undefined): string | undefined {
  if (retryAfter === undefined) return undefined
  const seconds = Number(retryAfter)
  const [count, unit] = seconds > 2 * MINUTE ? [Math.ceil(seconds / MINUTE), 'minute'] : [seconds, 'second']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
