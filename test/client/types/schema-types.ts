/** The TypeScript types of what an OpenAPI document describes: those of the client, in src/client/types.ts. */

interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Record<string, Schema>
  readonly required?: readonly string[]
  readonly description?: string
}

type Content = Record<string, { schema: Schema }>

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly { in: string; name: string; description?: string; schema: Schema }[]
  readonly requestBody?: { content: Content }
  readonly responses: Record<string, { content?: Content }>
}

export interface Document {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { schemas: Record<string, Schema> }
}

/** Below this is what the client calls. */
const API = '/api/'

const toLiteral = (value: unknown) => JSON.stringify(value)
const getSchemaName = (reference: string) => reference.split('/').at(-1) as string
const toComment = (text: string | undefined) => (text ? `/** ${text} */\n` : '')

function toType(schema: Schema): string {
  const { $ref, const: constant, enum: values, anyOf, oneOf = anyOf, type } = schema
  if ($ref) return getSchemaName($ref)
  if (constant !== undefined) return toLiteral(constant)
  if (values) return values.map(toLiteral).join(' | ')
  if (oneOf) return oneOf.map(toType).join(' | ')
  return [type]
    .flat()
    .map(kind => toKindType(kind, schema))
    .join(' | ')
}

function toKindType(kind: string | undefined, schema: Schema): string {
  if (kind === 'integer') return 'number'
  if (kind === 'array') return `Array<${toType(schema.items ?? {})}>`
  if (kind === 'object' && Object.keys(schema.properties ?? {}).length === 0) return 'Record<string, never>'
  if (kind === 'object') return `{\n${toProperties(schema)}\n}`
  return kind ?? 'unknown'
}

function toProperties({ properties = {}, required = [] }: Schema): string {
  const lines = Object.entries(properties).map(([name, schema]) => {
    const optionalMark = required.includes(name) ? '' : '?'
    return `${toComment(schema.description)}${name}${optionalMark}: ${toType(schema)}`
  })
  return lines.join('\n')
}

const toDeclaration = (name: string, schema: Schema) =>
  `${toComment(schema.description)}export type ${name} = ${toType(schema)}\n`

/** The types of an operation's query, body and answer, but of those that have a name already. */
function* generateOperationTypes({ operationId, parameters = [], requestBody, responses }: Operation) {
  const name = operationId.replace(/^./, first => first.toUpperCase())
  const query = parameters.filter(parameter => parameter.in === 'query')
  const properties = Object.fromEntries(
    query.map(({ name, schema, description = '' }) => [name, { ...schema, description }])
  )
  if (query.length > 0) yield toDeclaration(`${name}Query`, { type: 'object', properties })

  const body = requestBody?.content['application/json']?.schema
  if (body) yield toDeclaration(`${name}Body`, body)

  const answer = responses[200]?.content?.['application/json']?.schema
  if (answer && !answer.$ref) yield toDeclaration(`${name}Answer`, answer)
}

/** One type for each named schema, and for each query, body and answer of the operations that the client calls. */
export function generateTypes({ paths, components }: Document): string {
  const operations = Object.entries(paths)
    .filter(([path]) => path.startsWith(API))
    .flatMap(([, operations]) => Object.values(operations))
  return [
    '// Made from the OpenAPI document by `npm run client:types`.\n',
    ...Object.entries(components.schemas).map(([name, schema]) => toDeclaration(name, schema)),
    ...operations.flatMap(operation => [...generateOperationTypes(operation)])
  ].join('\n')
}
