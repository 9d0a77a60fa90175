import { type SchemaOptions, type Static, type TSchema, type TString, Type } from '@sinclair/typebox'

/*
 * What TypeBox has no name for, written as OpenAPI 3.1 and generated clients read it best. Each type is derived from the
 * schema beside it.
 */

/** A value of a schema, not to be written to. */
export type Value<Schema extends TSchema> = DeepReadonly<Static<Schema>>

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T

/** A value or null. A default of the schema itself does not apply. */
export function Nullable<Schema extends TSchema>(
  { default: _, ...schema }: Schema,
  options: SchemaOptions = {}
) {
  return Type.Unsafe<Static<Schema> | null>({
    ...schema,
    type: [schema.type, 'null'],
    ...(schema.enum && { enum: [...schema.enum, null] }),
    ...options
  })
}

/** One of some texts. */
export const StringEnum = <const Texts extends readonly string[]>(
  texts: Texts,
  options: SchemaOptions = {}
) => Type.Unsafe<Texts[number]>({ type: 'string', enum: texts, ...options })

/** One of some objects, which differ by the value of one member. */
export const TaggedUnion = <Schemas extends TSchema[]>(
  propertyName: string,
  schemas: [...Schemas],
  options: SchemaOptions
) =>
  Type.Unsafe<Static<Schemas[number]>>({
    type: 'object',
    required: [propertyName],
    discriminator: { propertyName },
    oneOf: schemas,
    ...options
  })

/** An instant in a request (RFC 3339). */
export const InstantText: TString = Type.String({
  format: 'date-time',
  description: 'an instant such as 2026-03-29T09:00:00.000Z'
})
