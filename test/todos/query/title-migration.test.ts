import fc from 'fast-check'
import t from 'tap'
import { openStore } from '../../../src/db/store.ts'
import { defaults } from '../../../src/todos/content/content.ts'
import { fold } from '../../../src/todos/query/folding.ts'
import { todoTables } from '../../../src/todos/tables.ts'
import { toColumns } from '../../../src/todos/todo.ts'
import { createOldDatabase, OLD_USER, type OldRow } from '../../support/old-database.ts'

/** The key of a title in a database of the first schema. */
const toOldKey = (title: string) => Array.from(fold(title)).slice(0, 200).join('')

/** A row with a title, as the first schema has it. */
function toOldRow(title: string, index: number): OldRow {
  const id = `01a20996-fb6c-78b7-96ed-${`${index}`.padStart(12, '0')}`
  const [now, title_key] = [new Date(0), toOldKey(title)]
  const content = { title, done: false, priority: 0, tags: '[]', position: 'a', due_key: '~', terms: '' }
  const times = { created_at: now, updated_at: now }
  return { id, user_id: OLD_USER, revision: id, change_number: 0, ...content, ...times, title_key }
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
  const url = await createOldDatabase(t, titles.map(toOldRow))
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
    titles.map(title => ({ title, titleKey: toColumns(OLD_USER, { ...defaults, title }).titleKey }))
  )
})
