import { readFileSync } from 'node:fs'
import t from 'tap'
import { generateCurrentTypes, TYPES } from './generate-types.ts'

t.test('the types of the client are those of the OpenAPI document', async t => {
  t.equal(readFileSync(TYPES, 'utf8'), await generateCurrentTypes(), 'npm run client:types makes them anew')
})
