import t from 'tap'
import { openStore } from '../../src/db/store.ts'
import { toDueKey } from '../../src/todos/content/due.ts'
import { toPosition } from '../../src/todos/order/position.ts'
import { todoTables } from '../../src/todos/tables.ts'
import { createTodos } from '../../src/todos/todos.ts'
import { createOldDatabase, OLD_USER, type OldRow } from '../support/old-database.ts'
import { createRandom } from '../support/random.ts'

/** How many todos the database has. */
const COUNT = Number(process.env.MIGRATED_TODOS ?? 1000)
const PAGE = 200

const toId = (index: number, kind = 'a') =>
  `01a20996-fb6c-78b7-${kind}6ed-${index.toString(16).padStart(12, '0')}`

/** A todo as the first schema has it: every tenth in the trash, in an order that is not that of the ids. */
function toOldRow(index: number, random: () => number): OldRow {
  const time = new Date(Date.UTC(2026, 0, 1) + index * 1000)
  const isDone = index % 3 === 0
  const due = index % 4 === 0 ? { date: `2026-${`${1 + (index % 12)}`.padStart(2, '0')}-01` } : null
  const place = toPosition(toId(Math.floor(random() * 2 ** 40), 'b'))
  return {
    id: toId(index),
    user_id: OLD_USER,
    revision: toId(index, 'b'),
    change_number: index + 1,
    title: `Todo ${index}`,
    description: index % 2 === 0 ? `About ${index}` : null,
    done: isDone,
    due: due && JSON.stringify(due),
    priority: index % 4,
    tags: JSON.stringify(index % 5 === 0 ? ['a', 'b'] : []),
    position: place,
    created_at: time,
    updated_at: time,
    completed_at: isDone ? time : null,
    deleted_at: index % 10 === 9 ? time : null,
    title_key: `TODO ${index}`,
    due_key: toDueKey(due),
    terms: ''
  }
}

t.test('a database of the first schema keeps its todos and their order', async t => {
  const random = createRandom(7)
  const oldRows = Array.from({ length: COUNT }, (_, index) => toOldRow(index, random))
  const url = await createOldDatabase(t, oldRows)
  const startTime = performance.now()
  const store = await openStore({
    url,
    poolMax: 2,
    now: () => new Date(Date.UTC(2026, 6, 1)),
    log: { warn() {} }
  })
  t.comment(`${COUNT} todos took ${Math.round(performance.now() - startTime)} ms to migrate`)
  t.teardown(() => store.close())

  const { todos } = todoTables(store.kit)
  const rows = await store.db.select().from(todos).orderBy(todos.id).execute()
  t.equal(rows.length, COUNT)
  const wrong = rows.filter((row, index) => {
    const old = oldRows[index] as OldRow
    const kept = [
      [row.id, old.id],
      [row.revision, old.revision],
      [row.changeNumber, old.change_number],
      [row.title, old.title],
      [row.description, old.description],
      [row.done, old.done],
      [row.due && JSON.stringify(row.due), old.due],
      [row.priority, old.priority],
      [JSON.stringify(row.tags), old.tags],
      [row.position, old.position],
      ...[
        [row.createdAt, old.created_at],
        [row.updatedAt, old.updated_at],
        [row.completedAt, old.completed_at],
        [row.deletedAt, old.deleted_at]
      ].map(times => times.map(time => time && Number(time)))
    ]
    const added = [row.listId, row.parentId, row.rootId, row.childCount, row.openChildCount, row.repeat]
    return kept.some(([now, before]) => now !== before) || JSON.stringify(added) !== '["","","",0,0,null]'
  })
  t.strictSame(wrong, [])

  const own = createTodos(store, OLD_USER)
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof own.list>> = await own.list({
      limit: PAGE,
      ...(cursor !== null && { cursor })
    })
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  } while (cursor !== null)
  const inOrder = oldRows
    .filter(row => row.deleted_at === null)
    .sort((a, b) => (String(a.position) < String(b.position) ? -1 : 1))
  t.strictSame(
    ids,
    inOrder.map(({ id }) => id)
  )

  const [parentId = '', id = ''] = ids
  t.match(await own.edit(({ patch }) => patch(id, { parentId })), { parentId })
  t.match(await own.get(parentId), { childCount: 1 })
  t.match(await own.edit(({ restore }) => restore(toId(9))), { deletedAt: null, listId: null })
})
