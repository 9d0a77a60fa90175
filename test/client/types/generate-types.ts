/** Writes src/client/types.ts: `npm run client:types`. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config/config.ts'
import { type Document, generateTypes } from './schema-types.ts'

const ROOT = join(import.meta.dirname, '../../..')
export const TYPES = join(ROOT, 'src/client/types.ts')

/** The types as they should stand there now. */
export async function generateCurrentTypes(): Promise<string> {
  const config = readConfig({ DATABASE_URL: ':memory:', JWT_SECRET: 'nothing is ever signed with this one' })
  const app = await buildApp({ config })
  try {
    await app.ready()
    const source = generateTypes(app.swagger() as unknown as Document)
    const biome = join(ROOT, 'node_modules/.bin/biome')
    return execFileSync(biome, ['format', `--stdin-file-path=${TYPES}`], {
      input: source,
      encoding: 'utf8',
      cwd: ROOT
    })
  } finally {
    await app.close()
  }
}

if (import.meta.main) writeFileSync(TYPES, await generateCurrentTypes())
