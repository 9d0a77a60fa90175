import { readdirSync, readFileSync } from 'node:fs'
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from 'drizzle-kit/api'
import t from 'tap'
import * as schema from '../../src/db/schema.ts'

t.test('the migrations lead to the schema', async t => {
  const meta = new URL('../../migrations/sqlite/meta/', import.meta.url)
  const last =
    readdirSync(meta)
      .filter(name => name.endsWith('_snapshot.json'))
      .sort()
      .at(-1) ?? ''
  const snapshot = JSON.parse(readFileSync(new URL(last, meta), 'utf8'))
  const present = await generateSQLiteDrizzleJson({ ...schema }, snapshot.id)
  t.strictSame(await generateSQLiteMigration(snapshot, present), [], 'run npm run migrations')
})
