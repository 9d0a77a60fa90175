import { Type } from '@sinclair/typebox'

/** The id in the examples of schemas. */
export const exampleId = '01a20996-fb6c-78b7-96ed-227b58a269d2'

const uuid = { format: 'uuid', description: 'a UUID', examples: [exampleId] }

/** An id in an answer. */
export const IdDocument = Type.String(uuid)

/** An id in a request, with hex digits of either case. Handlers get it in lower case, as the service makes ids. */
export const Id = Type.String({ ...uuid, lowerCase: true })
