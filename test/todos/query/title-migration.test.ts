import { join } from 'node:path'
import Database from 'better-sqlite3'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { readPendingMigrations } from '../../../src/db/migrations.ts'
import { openStore } from '../../../src/db/store.ts'
import { defaults } from '../../../src/todos/content/content.ts'
import { fold } from '../../../src/todos/query/folding.ts'
import { todoTables } from '../../../src/todos/tables.ts'
import { toColumns } from '../../../src/todos/todo.ts'
import { createDatabase, query } from '../../support/databases.ts'

const SERVER = process.env.TEST_DATABASE_URL

/** The key of a title in a database of the first schema. */
const toOldKey = (title: string) => Array.from(fold(title)).slice(0, 200).join('')

const USER = '01a20996-fb6c-78b7-96ed-227b58a269d2'

/** The rows of todos with titles, as the first schema has them. @returns SQL, with a parameter for each title and each key */
const insertTodos = (titles: readonly string[], now: string, toParam: (index: number) => string) =>
  `insert into todos (id, user_id, revision, change_number, title, done, priority, tags, position, created_at, updated_at,
     title_key, due_key, terms) values ${titles
       .map((_, index) => {
         const id = `01a20996-fb6c-78b7-96ed-${`${index}`.padStart(12, '0')}`
         const [title, key] = [toParam(2 * index), toParam(2 * index + 1)]
         return `('${id}', '${USER}', '${id}', 0, ${title}, false, 0, '[]', 'a', ${now}, ${now}, ${key}, '~', '')`
       })
       .join()}`
const insertUser = (now: string) =>
  `insert into users (id, username, username_key, email, email_key, password_hash, created_at)
     values ('${USER}', 'a', 'a', 'a', 'a', '', ${now})`

/** A database that has the first migration only, with todos. @returns its URL */
async function createOldDatabase(t: Test, titles: readonly string[]): Promise<string> {
  const [first] = readPendingMigrations(SERVER ? 'postgres' : 'sqlite', 0)
  if (!first) throw new Error('There is no migration.')
  const { sql, folderMillis } = first
  const params = titles.flatMap(title => [title, toOldKey(title)])
  if (SERVER) {
    const url = await createDatabase(SERVER, '')
    const migrations = 'drizzle.__drizzle_migrations'
    await query(
      url,
      `${sql.join(';')}; create schema drizzle;
       create table ${migrations} (id serial primary key, hash text not null, created_at bigint);
       insert into ${migrations} (hash, created_at) values ('', ${folderMillis}); ${insertUser('now()')}`
    )
    await query(
      url,
      insertTodos(titles, 'now()', index => `$${index + 1}`),
      params
    )
    return url
  }
  const file = join(t.testdir(), 'old.db')
  const connection = new Database(file)
  connection.exec(
    `${sql.join('')}; create table __drizzle_migrations (id integer primary key, hash text not null, created_at numeric);
     insert into __drizzle_migrations (hash, created_at) values ('', ${folderMillis}); ${insertUser('0')}`
  )
  connection.prepare(insertTodos(titles, '0', () => '?')).run(params)
  connection.close()
  return `file:${file}`
}

t.test('the titles of an older database are put in natural order', async t => {
  const digits = fc.string({ unit: fc.constantFrom(...'0013579٣१０'), minLength: 1, maxLength: 40 })
  const part = fc.oneof(digits, digits, fc.string({ unit: 'grapheme', maxLength: 5 }))
  const generated = fc.sample(fc.array(part, { minLength: 1, maxLength: 80 }), 400)
  const titles = [
    'Item',
    'Item 9',
    'Item 010',
    '0',
    '00',
    'Item 000 of 0 and 00',
    '12345678',
    '123456789',
    'Item ٠٩ of １０',
    "0'%_\\*?[0-9]",
    '0'.repeat(300),
    `${'x'.repeat(199)}12`,
    `${'é😀'.repeat(99)}123`,
    ...generated.map(
      parts =>
        parts
          .join('')
          .replaceAll(/\p{Cc}/gu, '')
          .trim() || '1'
    )
  ]
  const url = await createOldDatabase(t, titles)
  const store = await openStore({ url, poolMax: 1, now: () => new Date(0), log: { warn() {} } })
  t.teardown(() => store.close())
  const { todos } = todoTables(store.kit)
  const rows = await store.db
    .select({ title: todos.title, titleKey: todos.titleKey })
    .from(todos)
    .orderBy(todos.id)
    .execute()
  t.strictSame(
    rows,
    titles.map(title => ({ title, titleKey: toColumns(USER, { ...defaults, title }).titleKey }))
  )
})
