import { eq } from 'drizzle-orm'
import { settleLists } from '../../../src/todos/lists/transitions/settle.ts'
import { type ListRow, type TodoRow, todoTables } from '../../../src/todos/tables.ts'
import type { Answer } from '../../support/service.ts'
import { serveSignedIn } from '../signed-in.ts'

type Test = Parameters<typeof serveSignedIn>[0]

/** A todo on the wire, as far as tests of trees look. */
export interface TreeTodo {
  id: string
  title: string
  listId: string | null
  parentId: string | null
  childCount: number
  openChildCount: number
  done: boolean
  position: string
  deletedAt: string | null
  etag: string
}

/** A service with a signed-in user who has lists and trees. */
export async function serveTrees(t: Test, settings = {}) {
  const service = await serveSignedIn(t, settings)
  const { app, todos, user } = service
  const { store } = app
  const tables = todoTables(store.kit)

  /** Creates a todo. */
  async function add(title: string, rest: object = {}): Promise<TreeTodo> {
    const { status, body } = await todos('POST', '', { title, ...rest })
    if (status !== 201) throw new Error(JSON.stringify(body))
    return body
  }

  /** Creates a todo and, each below the one before, subtasks. */
  async function addChain(title: string, ...titles: string[]): Promise<TreeTodo[]> {
    const chain = [await add(title)]
    for (const next of titles) chain.push(await add(next, { parentId: chain.at(-1)?.id }))
    return chain
  }

  /** Calls on lists, which wait until the todos of the lists have followed. */
  async function lists(method: string, path = '', body?: object, token = service.token): Promise<Answer> {
    const answer = await service.call(method, `/api/lists${path}`, { token, body })
    await settleLists(store, user.id)
    return answer
  }

  /** Creates a list. @returns its id */
  async function addList(name: string, rest: object = {}, token = service.token): Promise<string> {
    const { status, body } = await lists('POST', '', { name, ...rest }, token)
    if (status !== 201) throw new Error(JSON.stringify(body))
    return body.id
  }

  const batch = (operations: object[], rest: object = {}): Promise<Answer> =>
    todos('POST', '/batch', { operations, ...rest })
  const read = async (id: string): Promise<TreeTodo> => (await todos('GET', `/${id}`)).body
  const trash = async (): Promise<TreeTodo[]> =>
    (await todos('GET', '?deleted=true&sort=createdAt&limit=200')).body.items

  /** All rows of the user's todos. */
  const readRows = (): Promise<(TodoRow & { changeNumber: number })[]> =>
    store.db.select().from(tables.todos).where(eq(tables.todos.userId, user.id)).execute()
  const readLists = (): Promise<ListRow[]> =>
    store.db.select().from(tables.lists).where(eq(tables.lists.userId, user.id)).execute()
  const readCompletions = (): Promise<{ todoId: string }[]> =>
    store.db.select().from(tables.completions).where(eq(tables.completions.userId, user.id)).execute()
  const openCount = async (id: string): Promise<number> => (await lists('GET', `/${id}`)).body.openCount

  return {
    ...service,
    ...{ store, tables, add, addChain, lists, addList, batch, read, trash },
    ...{ readRows, readLists, readCompletions, openCount }
  }
}

/** What is wrong with todos as they are stored, by the rules that hold whatever was done to them. */
export function findViolations(rows: readonly TodoRow[], lists: readonly ListRow[]): string[] {
  const violations: string[] = []
  const rowsById = new Map(rows.map(row => [row.id, row]))
  const isLive = (row: TodoRow) => row.deletedAt === null
  const wentAlong = ({ id, deletedWith }: TodoRow) => deletedWith !== '' && deletedWith !== id
  for (const row of rows) {
    const ancestors: TodoRow[] = []
    for (let above = rowsById.get(row.parentId); above; above = rowsById.get(above.parentId)) {
      ancestors.push(above)
      if (ancestors.length > 10) return [...violations, `${row.title} is in a cycle`]
    }
    const [parent] = ancestors
    const report = (what: string) => violations.push(`${row.title} ${what}`)
    if (ancestors.length > 4) report('is too deep')
    if (row.parentId !== '' && !parent) report('has a parent that is not there')
    if (parent && isLive(row) && !isLive(parent)) report('is in the list without its parent')
    if (parent && isLive(row) && parent.listId !== row.listId) report('is in another list than its parent')
    if (row.rootId !== (ancestors.at(-1)?.id ?? '')) report('has a wrong root')
    if (isLive(row) !== (row.deletedWith === '')) report(`was deleted with ${row.deletedWith || 'nothing'}`)
    const children = rows.filter(
      ({ parentId, ...child }) =>
        parentId === row.id && (isLive(child as TodoRow) || wentAlong(child as TodoRow))
    )
    const open = children.filter(({ done }) => !done)
    if (row.childCount !== children.length || row.openChildCount !== open.length)
      report(`counts ${row.openChildCount}/${row.childCount} children of ${open.length}/${children.length}`)
  }
  for (const row of rows) {
    const list = lists.find(({ id }) => id === row.listId)
    if (row.listId !== '' && !list) violations.push(`${row.title} has a list that is not there`)
    if (row.deletedAt === null && row.isArchived !== Boolean(list?.archivedAt))
      violations.push(`${row.title} is ${row.isArchived ? '' : 'not '}archived`)
    if (row.deletedAt === null && list?.deletedAt) violations.push(`${row.title} has a list in the trash`)
  }
  for (const list of lists) {
    const open = rows.filter(
      row => row.listId === list.id && !row.done && (isLive(row) || row.deletedWith === list.id)
    )
    if (list.openCount !== open.length)
      violations.push(`${list.name} counts ${list.openCount} of ${open.length}`)
  }
  return violations
}
