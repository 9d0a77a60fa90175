/** A piece of HTML whose values are escaped already. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type HtmlValue = string | number | Html | undefined | readonly HtmlValue[]

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/**
 * Creates HTML from a template: html`<p>${text}</p>`. Texts and numbers are escaped for content and for quoted attributes.
 * `Html` is inserted as it is, lists are joined, and undefined becomes an empty text.
 */
export const html = (strings: TemplateStringsArray, ...values: HtmlValue[]): Html =>
  new Html(strings.map((string, index) => string + renderValue(values[index])).join(''))

function renderValue(value: HtmlValue): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(renderValue).join('')
  return String(value).replace(/[&<>"']/g, character => ENTITIES[character] as string)
}
