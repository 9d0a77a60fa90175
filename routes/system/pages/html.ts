/** A piece of HTML, in which all that was put into it is escaped already. */
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
 * Makes HTML of a template: html`<p>${text}</p>`. Values are escaped, for content and quoted attributes alike; pieces of
 * HTML stay what they are, lists are joined, and undefined is nothing.
 */
export const html = (strings: TemplateStringsArray, ...values: HtmlValue[]): Html =>
  new Html(strings.map((string, index) => string + renderValue(values[index])).join(''))

function renderValue(value: HtmlValue): string {
  if (value === undefined) return ''
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(renderValue).join('')
  return String(value).replace(/[&<>"']/g, character => ENTITIES[character] as string)
}
