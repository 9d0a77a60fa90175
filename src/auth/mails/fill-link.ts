/** Puts values into the placeholders of an address, as `{token}`. */
export const fillLink = (template: string, values: Readonly<Record<string, string>>): string =>
  Object.entries(values).reduce(
    (link, [name, value]) => link.replaceAll(`{${name}}`, encodeURIComponent(value)),
    template
  )
