import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { contentOf, serveCalendars } from './calendar-imports.ts'

const FOLDER = join(import.meta.dirname, 'calendars')
t.test('print', async t => {
  for (const name of ['thunderbird','nextcloud','apple','google','tasks-org','outlook']) {
  const { take, list } = await serveCalendars(t)
  const answer = await take(readFileSync(join(FOLDER, `${name}.ics`), 'utf8'))
  console.error(name, JSON.stringify(answer.body, null, 1), JSON.stringify((await list()).map(contentOf), null, 1))
  }
})
