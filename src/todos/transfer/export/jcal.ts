/** A property and a component of a calendar as JSON (jCal, RFC 7265). */
export type JcalProperty = [
  name: string,
  parameters: Record<string, string>,
  type: string,
  ...values: unknown[]
]
export type JcalComponent = [name: string, properties: JcalProperty[], components: JcalComponent[]]
