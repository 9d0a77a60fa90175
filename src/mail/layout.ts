import { type Html, html } from '../http/html.ts'
import type { MailContent } from './mail.ts'

/** A labelled time, or a labelled text that somebody else chose: a user name, a device, an address. */
export type Fact = readonly [label: string, value: Date | string]

/** A part of a mail. A text is a paragraph. A `button` leads to its `link`; a `link` alone is shown as it is. */
export type MailBlock =
  | string
  | { readonly heading: string }
  | { readonly code: string }
  | { readonly button: string; readonly link: string }
  | { readonly link: string }
  | { readonly facts: readonly Fact[] }

/** What a mail says, between the greeting and the name of the application. */
export interface MailLayout {
  readonly appName: string
  readonly subject: string
  readonly blocks: readonly MailBlock[]
}

export type MailTexts = Pick<MailContent, 'subject' | 'text' | 'html'>

/** The characters of a line of plain text (RFC 5322, section 2.1.1 recommends at most 78). */
const LINE_LENGTH = 72
const GREETING = 'Hello,'

/** The most characters of a value that somebody else chose. The longest user name has 32. */
const MAX_VALUE = 254
/** U+2060, which has no width. Programs that look for links do not see one across it. */
const WORD_JOINER = '\u2060'

/**
 * Makes the text and the HTML of a mail. The HTML loads nothing. It sets no colours but where it sets the background too, so
 * that it is readable on light and on dark.
 */
export function renderMail({ appName, subject, blocks }: MailLayout): MailTexts {
  return {
    subject,
    text: `${[GREETING, ...blocks.map(toText), appName].join('\n\n')}\n`,
    html: toPage(subject, html`${blocks.map(toHtml)}<p>${appName}</p>`)
  }
}

/**
 * Makes a value of somebody else harmless. Mail programs make links of texts such as `evil.com`, of numbers and of addresses,
 * so nothing joins the parts around a punctuation mark but a character without a width.
 */
const toInertValue = (value: string): string =>
  value
    .replaceAll(/[\p{C}\p{Z}]+/gu, ' ')
    .slice(0, MAX_VALUE)
    .toWellFormed()
    .replaceAll(/[^\p{L}\p{N}\p{M} ]/gu, `${WORD_JOINER}$&${WORD_JOINER}`)

const toValue = (value: Date | string) => (value instanceof Date ? formatTime(value) : toInertValue(value))

function toText(block: MailBlock): string {
  if (typeof block === 'string') return wrap(block)
  if ('heading' in block) return block.heading.toUpperCase()
  if ('code' in block) return `    ${block.code}`
  if ('button' in block) return `${block.button}:\n${block.link}`
  if ('link' in block) return block.link
  return block.facts.map(([label, value]) => `${label}: ${toValue(value)}`).join('\n')
}

/** Breaks a paragraph into lines. A word that is longer than a line stays whole. */
function wrap(paragraph: string): string {
  const lines = ['']
  for (const word of paragraph.split(' ')) {
    const line = lines.at(-1)
    if (!line) lines[lines.length - 1] = word
    else if (line.length + 1 + word.length > LINE_LENGTH) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.join('\n')
}

const date = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC'
})
const timeOfDay = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZone: 'UTC'
})

/** Such as `27 November 2026, 09:05 UTC`. */
const formatTime = (time: Date) => `${date.format(time)}, ${timeOfDay.format(time)} UTC`

/** A code is in one piece, to be copied by two clicks. */
const CODE_STYLE = 'margin:24px 0;font:bold 32px/1.3 ui-monospace,Menlo,Consolas,monospace;letter-spacing:4px'
/** A code that is too long to be typed fits into two lines of a telephone. */
const LONG_CODE_STYLE =
  'margin:24px 0;font:bold 18px/1.4 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere'
const MAX_TYPED_CODE = 12
const BUTTON_STYLE =
  'display:inline-block;padding:12px 20px;border-radius:6px;background:#0a6b4b;color:#ffffff;font-weight:bold;text-decoration:none'
const FACTS_STYLE = 'padding-left:12px;border-left:3px solid #8a97a5;overflow-wrap:anywhere'

function toHtml(block: MailBlock): Html {
  if (typeof block === 'string') return html`<p>${block}</p>\n`
  if ('heading' in block)
    return html`<h2 style="margin:28px 0 0;font-size:16px;line-height:1.3">${block.heading}</h2>\n`
  if ('code' in block)
    return html`<p style="${block.code.length > MAX_TYPED_CODE ? LONG_CODE_STYLE : CODE_STYLE}">${block.code}</p>\n`
  if ('button' in block)
    return html`<p style="margin:24px 0"><a href="${block.link}" style="${BUTTON_STYLE}">${block.button}</a></p>
<p>If the button does nothing, open this address:<br>
${toLink(block.link)}</p>\n`
  if ('link' in block) return html`<p>${toLink(block.link)}</p>\n`
  const lines = block.facts.map(([label, value]) => html`<strong>${label}:</strong> ${toValue(value)}<br>\n`)
  return html`<p style="${FACTS_STYLE}">\n${lines}</p>\n`
}

const toLink = (link: string) => html`<a href="${link}" style="overflow-wrap:anywhere">${link}</a>`

/** The `meta` of formats keeps Apple's mail programs from making links of numbers and dates. */
const toPage = (title: string, content: Html): string =>
  html`<!doctype html>
<html lang="en" style="color-scheme:light dark">
<head>
<meta charset="utf-8">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
</head>
<body style="margin:0;padding:16px">
<div lang="en" style="max-width:560px;margin:0 auto;font:16px/1.5 system-ui,'Segoe UI',Helvetica,Arial,sans-serif;overflow-wrap:break-word">
<p>${GREETING}</p>
${content}
</div>
</body>
</html>
`.text
