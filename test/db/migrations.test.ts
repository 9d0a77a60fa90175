import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  generateDrizzleJson,
  generateMigration,
  generateSQLiteDrizzleJson,
  generateSQLiteMigration
} from 'drizzle-kit/api'
import t from 'tap'
import * as postgres from '../../migrations/postgres.ts'
import * as sqlite from '../../migrations/sqlite.ts'
import { postgresKit } from '../../src/db/columns.ts'
import { getMigrationsFolder } from '../../src/db/migrations.ts'
import { allTables } from '../../src/features.ts'

function latestSnapshot(engine: 'sqlite' | 'postgres') {
  const meta = join(getMigrationsFolder(engine), 'meta')
  const { entries } = JSON.parse(readFileSync(join(meta, '_journal.json'), 'utf8'))
  return JSON.parse(
    readFileSync(join(meta, `${String(entries.at(-1).idx).padStart(4, '0')}_snapshot.json`), 'utf8')
  )
}

t.test('the migrations make the schema that the code has', async t => {
  const tables = Object.keys(allTables(postgresKit))
  for (const exported of [sqlite, postgres])
    t.strictSame(
      Object.keys(exported)
        .filter(name => name !== 'default')
        .sort(),
      tables.sort()
    )
  t.strictSame(
    await generateSQLiteMigration(latestSnapshot('sqlite'), await generateSQLiteDrizzleJson({ ...sqlite })),
    []
  )
  t.strictSame(await generateMigration(latestSnapshot('postgres'), generateDrizzleJson({ ...postgres })), [])
})
