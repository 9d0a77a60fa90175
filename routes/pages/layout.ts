import { createHash } from 'node:crypto'
import { type TSchema, Type } from '@sinclair/typebox'
import type { FastifyReply } from 'fastify'
import { packageInfo } from '../../src/config/package-info.ts'
import { type Html, html } from '../../src/http/html.ts'
import { style } from './style.ts'

const STYLE_HASH = createHash('sha256').update(style.text).digest('base64')

/** Pages load and run nothing. They contain one style sheet, allowed by its hash, and an icon as a data URL. */
const createPolicy = (formAction: string) =>
  [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    'img-src data:',
    "base-uri 'none'",
    `form-action ${formAction}`,
    "frame-ancestors 'none'"
  ].join(';')

const POLICY = createPolicy("'none'")
const FORM_POLICY = createPolicy("'self'")

/** The icon of the tab. Without one a browser would request /favicon.ico. */
const ICON =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#0a7a55" stroke-width="2">' +
      '<circle cx="5" cy="8" r="3.5"/><path d="M8.5 8H15v3M12 8v2.5"/></svg>'
  )

/** Whether the client prefers HTML to JSON. A client without a preference gets JSON. */
export const prefersHtml = (reply: FastifyReply): boolean =>
  reply.negotiateType('application/json', 'text/html') === 'text/html'

/** The OpenAPI response of an operation with JSON for programs and a page for browsers. */
export const htmlOrJsonResponse = <Schema extends TSchema>(description: string, schema: Schema) => ({
  description,
  headers: { vary: Type.String({ description: 'includes Accept' }) },
  content: {
    'application/json': { schema },
    'text/html': {
      schema: Type.String({ description: 'a page', examples: ['<!doctype html><html lang="en">…</html>'] })
    }
  }
})

/**
 * Sets the headers of a page of the service itself, and renders it.
 * @returns the text of the page
 */
export function renderPage(reply: FastifyReply, title: string, content: Html): string {
  reply.headers({ 'content-type': HTML_TYPE, 'content-security-policy': POLICY })
  return renderDocument(title, html`<a href="/">Latchkey</a> ${packageInfo.version}`, content)
}

/** A page for the people who use an application. */
export interface AppPage {
  readonly appName: string
  /** What the page is about: its heading, and the first part of its title. */
  readonly heading: string
  /** Whether something went wrong. Then the title says so first, as that is what a screen reader reads first. */
  readonly isError?: boolean
  readonly content: Html
}

/**
 * Sets the headers of a page of the application, which may have a form that is sent to this service, and renders it.
 * @returns the text of the page
 */
export function renderAppPage(reply: FastifyReply, { appName, heading, isError, content }: AppPage): string {
  reply.headers({ 'content-type': HTML_TYPE, 'content-security-policy': FORM_POLICY })
  return renderDocument(
    `${isError ? 'Error: ' : ''}${heading} – ${appName}`,
    html`<strong>${appName}</strong>`,
    content
  )
}

const HTML_TYPE = 'text/html; charset=utf-8'

const renderDocument = (title: string, header: Html, content: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${ICON}">
<style>${style}</style>
</head>
<body>
<header>${header}</header>
<main>
${content}
</main>
</body>
</html>
`.text
