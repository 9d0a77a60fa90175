import t from 'tap'
import { cachingSchemaController } from '../../plugins/http/serialization.ts'

t.test('a schema that was compiled by itself is still there for those that refer to it', async t => {
  const item = { $id: 'Item', type: 'object', properties: { name: { type: 'string' } } }
  const compile = cachingSchemaController.compilersFactory?.buildSerializer?.({ Item: item }, {})
  const serialize = (schema: object, value: object) =>
    compile?.({ schema, method: 'GET', url: '/', httpStatus: '200' })(value)
  t.equal(serialize(item, { name: 'a', other: 1 }), '{"name":"a"}')
  const page = { type: 'object', properties: { item: { $ref: 'Item#' } } }
  t.equal(serialize(page, { item: { name: 'b', other: 1 } }), '{"item":{"name":"b"}}')
})
