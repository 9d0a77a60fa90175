import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { createTodos } from '../../../src/todos/todos.ts'
import { expectedProblem } from '../../support/service.ts'
import { invalid, serveSignedIn } from '../signed-in.ts'

/** A service with calls on the tags of a signed-in user. */
async function serveTags(...args: Parameters<typeof serveSignedIn>) {
  const service = await serveSignedIn(...args)
  const { token, todos } = service
  const tags = (method: string, path = '', body?: unknown, headers: Record<string, string> = {}) =>
    service.call(method, `/api/tags${path}`, { token, body, headers })
  const rename = (tag: string, newTag: string) =>
    tags('PATCH', `/${encodeURIComponent(tag)}`, { tag: newTag })
  const remove = (tag: string) => tags('DELETE', `/${encodeURIComponent(tag)}`)
  const make = async (title: string, tags: readonly string[], content: object = {}) =>
    (await todos('POST', '', { title, tags, ...content })).body
  /** All tags with their counts. */
  const counts = async () =>
    (await tags('GET')).body.items.map(({ tag, count, openCount }: Record<string, unknown>) => [
      tag,
      count,
      openCount
    ])
  const found = async (tag: string) =>
    (await todos('GET', `?tag=${encodeURIComponent(tag)}`)).body.items.map(
      ({ title }: { title: string }) => title
    )
  return { ...service, tags, rename, remove, make, counts, found }
}

t.test('lists the tags of the todos with their counts', async t => {
  const { tags, make, todos, counts, signUp, call } = await serveTags(t)
  t.strictSame((await tags('GET')).body, { items: [], nextCursor: null })
  await make('a', ['b', 'Z', 'é'])
  await make('b', ['b', 'e\u0301'], { done: true })
  const { id } = await make('c', ['b', 'trash'])
  await make('d', [])
  await todos('DELETE', `/${id}`)
  await make('e', ['🎉', 'ﬁ', '"', ',', '\\'])
  t.strictSame(await counts(), [
    ['"', 1, 1],
    [',', 1, 1],
    ['Z', 1, 1],
    ['\\', 1, 1],
    ['b', 2, 1],
    ['é', 2, 1],
    ['ﬁ', 1, 1],
    ['🎉', 1, 1]
  ])
  const other = await signUp()
  const { body } = await call('GET', '/api/tags', { token: other.accessToken })
  t.strictSame(body, { items: [], nextCursor: null })
})

t.test('pages the tags, with an ETag and a link', async t => {
  const { tags, make, todos, counts } = await serveTags(t)
  await make('a', ['a', 'b,', 'c', '🎉', '\ufb01'])
  const all = (await counts()).map(([tag]: [string]) => tag)
  t.strictSame(all, ['a', 'b,', 'c', '\ufb01', '🎉'])
  const seen: string[] = []
  let path = '?limit=2'
  for (;;) {
    const { status, body, headers } = await tags('GET', path)
    t.equal(status, 200)
    seen.push(...body.items.map(({ tag }: { tag: string }) => tag))
    if (body.nextCursor === null) {
      t.equal(headers.link, undefined)
      break
    }
    t.equal(headers.link, `</api/tags?limit=2&cursor=${body.nextCursor}>; rel="next"`)
    path = `?limit=2&cursor=${body.nextCursor}`
  }
  t.strictSame(seen, all)

  const first = await tags('GET')
  const headers = { 'if-none-match': `${first.headers.etag}` }
  t.match(await tags('GET', '', undefined, headers), { status: 304, body: '' })
  await todos('POST', '', { title: 'b', tags: ['a'] })
  const next = await tags('GET', '', undefined, headers)
  t.strictSame([next.status, next.body.items[0]], [200, { tag: 'a', count: 2, openCount: 2 }])
  t.not(next.headers.etag, first.headers.etag)
  const head = await tags('HEAD')
  t.strictSame([head.status, head.body, head.headers.etag], [200, '', next.headers.etag])
})

t.test('refuses what is no cursor, limit or parameter of the list', async t => {
  const { tags, call } = await serveTags(t)
  const encode = (content: unknown) => Buffer.from(JSON.stringify(content)).toString('base64url')
  const detail = 'is not a cursor; give the nextCursor of the page before, or none'
  for (const cursor of [
    '',
    'x',
    encode('a'),
    encode(['a', 'b']),
    encode([1]),
    encode(['\0']),
    encode(['\ud800'])
  ]) {
    const answer = await tags('GET', `?cursor=${cursor}`)
    t.strictSame(answer.body, invalid(answer, { parameter: 'cursor', detail }), cursor)
  }
  for (const limit of ['0', '201', 'x']) t.equal((await tags('GET', `?limit=${limit}`)).status, 400, limit)
  const unknown = await tags('GET', '?sort=count')
  t.strictSame(
    unknown.body,
    invalid(unknown, { parameter: 'sort', detail: 'is not known; known are limit, cursor' })
  )
  for (const [method, path] of [
    ['GET', ''],
    ['PATCH', '/a'],
    ['DELETE', '/a']
  ] as const)
    t.equal(
      (await call(method, `/api/tags${path}`, { body: method === 'PATCH' ? { tag: 'b' } : undefined }))
        .status,
      401
    )
  const post = await tags('POST', '', {})
  t.strictSame([post.status, post.headers.allow], [405, 'GET, HEAD'])
  const get = await tags('GET', '/a')
  t.strictSame([get.status, get.headers.allow], [405, 'PATCH, DELETE'])
})

t.test('renames a tag on all todos, in the trash, too', async t => {
  const { rename, make, todos, counts, found, clock, titles } = await serveTags(t)
  const first = await make('Buy #⃣ milk', ['work', 'a'], { description: 'Oat, not cow' })
  const done = await make('done', ['work'], { done: true })
  const other = await make('other', ['a', 'works'])
  const deleted = await make('deleted', ['work'])
  await todos('DELETE', `/${deleted.id}`)

  clock.advance(60)
  t.match(await rename('work', 'Büro'), { status: 200, body: { count: 3 } })
  t.strictSame(await counts(), [
    ['Büro', 2, 1],
    ['a', 2, 2],
    ['works', 1, 1]
  ])
  const renamed = (await todos('GET', `/${first.id}`)).body
  const { etag, updatedAt } = renamed
  t.strictSame(renamed, { ...first, tags: ['Büro', 'a'], etag, updatedAt })
  t.not(etag, first.etag)
  t.equal(Date.parse(updatedAt) - Date.parse(first.updatedAt), 60_000)
  t.strictSame((await todos('GET', `/${other.id}`)).body, other)
  t.equal((await todos('GET', `/${done.id}`)).body.completedAt, done.completedAt)
  t.strictSame((await todos('POST', `/${deleted.id}/restore`)).body.tags, ['Büro'])

  t.strictSame(await found('work'), [])
  t.strictSame(await found('Büro'), ['Buy #⃣ milk', 'done', 'deleted'])
  for (const q of ['milk', 'cow', '%23⃣']) t.strictSame(await titles(`?q=${q}`), ['Buy #⃣ milk'], q)
  const patched = await todos('PATCH', `/${first.id}`, { tags: ['a', 'Büro'] })
  t.equal(patched.body.etag, etag, 'the row is as if it had been written with these tags')
})

t.test('two tags become one, each once on a todo', async t => {
  const { rename, make, todos, counts } = await serveTags(t)
  const both = await make('both', ['x', 'old', 'new', 'a'])
  await make('one', ['old'])
  const has = await make('new', ['new'])
  t.match(await rename('old', 'new'), { status: 200, body: { count: 2 } })
  t.strictSame(await counts(), [
    ['a', 1, 1],
    ['new', 3, 3],
    ['x', 1, 1]
  ])
  const merged = (await todos('GET', `/${both.id}`)).body
  t.strictSame(merged.tags, ['a', 'new', 'x'])
  t.equal((await todos('PATCH', `/${both.id}`, { tags: ['x', 'a', 'new'] })).body.etag, merged.etag)
  t.strictSame((await todos('GET', `/${has.id}`)).body, has)
})

t.test('todos of archived and deleted lists do not count, and are changed all the same', async t => {
  const { rename, remove, make, todos, counts, call, token } = await serveTags(t)
  const list = async (method: string, path: string, body?: unknown) =>
    (await call(method, `/api/lists${path}`, { token, body })).body
  const [archived, deleted] = [await list('POST', '', { name: 'a' }), await list('POST', '', { name: 'd' })]
  const inArchived = await make('in the archive', ['t', 'archive'], { listId: archived.id })
  const inDeleted = await make('in the trash', ['t'], { listId: deleted.id })
  await make('in the inbox', ['t'])
  await list('PATCH', `/${archived.id}`, { archived: true })
  await list('DELETE', `/${deleted.id}`)
  t.strictSame(await counts(), [['t', 1, 1]])
  t.match(await rename('t', 'u'), { status: 200, body: { count: 3 } })
  t.match(await remove('archive'), { status: 200, body: { count: 1 } })
  t.strictSame(await counts(), [['u', 1, 1]])
  await list('POST', `/${deleted.id}/restore`)
  await list('PATCH', `/${archived.id}`, { archived: false })
  t.strictSame(await counts(), [['u', 3, 3]])
  for (const { id } of [inArchived, inDeleted]) t.strictSame((await todos('GET', `/${id}`)).body.tags, ['u'])
})

t.test('takes a tag off all todos', async t => {
  const { remove, make, todos, counts, found, titles } = await serveTags(t)
  const first = await make('one', ['a', 'b'])
  const deleted = await make('two', ['a'])
  await todos('DELETE', `/${deleted.id}`)
  t.match(await remove('a'), { status: 200, body: { count: 2 } })
  t.strictSame(await counts(), [['b', 1, 1]])
  t.strictSame((await todos('GET', `/${first.id}`)).body.tags, ['b'])
  t.strictSame((await todos('POST', `/${deleted.id}/restore`)).body.tags, [])
  t.match(await remove('b'), { status: 200, body: { count: 1 } })
  t.strictSame([await counts(), await found('b'), await titles('?q=one')], [[], [], ['one']])
})

t.test('the name that a tag has already changes nothing, in whichever form it is written', async t => {
  const { rename, make, todos, counts } = await serveTags(t)
  const todo = await make('a', ['caf\u00e9', 'ấ'.repeat(50)])
  t.match(await rename('cafe\u0301', 'caf\u00e9'), { status: 200, body: { count: 0 } })
  t.match(await rename('caf\u00e9', 'cafe\u0301'), { status: 200, body: { count: 0 } })
  t.strictSame((await todos('GET', `/${todo.id}`)).body, todo)
  t.match(await rename('cafe\u0301', 'ấ'.repeat(50).normalize('NFD')), { status: 200, body: { count: 1 } })
  t.strictSame(await counts(), [['ấ'.repeat(50), 1, 1]])
})

t.test('a tag that no todo has is not found', async t => {
  const { rename, remove, make, signUp, call } = await serveTags(t)
  await make('a', ['work'])
  for (const tag of ['Work', 'wor', 'works', 'a', '🎉', '%', '%2e']) {
    for (const answer of [await rename(tag, 'b'), await rename(tag, tag), await remove(tag)])
      t.strictSame(answer.body, expectedProblem(answer, 404, 'tag_not_found'), tag)
  }
  const { accessToken: token } = await signUp()
  for (const [method, body] of [
    ['PATCH', { tag: 'b' }],
    ['DELETE', undefined]
  ] as const)
    t.equal((await call(method, '/api/tags/work', { token, body })).body.code, 'tag_not_found')
  t.equal((await remove('work')).status, 200)
  t.equal((await remove('work')).body.code, 'tag_not_found', 'a repetition says that it was done')
})

t.test('any tag can be named in a path', async t => {
  const { rename, remove, make, counts } = await serveTags(t)
  for (const tag of [
    'a/b',
    'a?b',
    '#1',
    '100 %',
    '"',
    ',',
    '\\',
    "'",
    '%2F',
    'a+b',
    '[x]',
    '👩‍👩‍👧',
    '🎉'.repeat(50),
    '...'
  ]) {
    await make('a', [tag])
    t.match(await rename(tag, `new`), { status: 200, body: { count: 1 } }, tag)
    t.match(await rename('new', tag), { status: 200, body: { count: 1 } }, tag)
    t.strictSame(await counts(), [[tag, 1, 1]])
    t.match(await remove(tag), { status: 200, body: { count: 1 } }, tag)
  }
})

t.test('refuses what is no tag, in the path and in the body', async t => {
  const { tags, rename, remove, make, counts } = await serveTags(t)
  await make('a', ['a'])
  const detail = 'is not accepted; give a text of 1 to 50 characters, without white space around it'
  const long = 'x'.repeat(51)
  for (const tag of [' a', 'a ', ' ', long]) {
    const inPath = await rename(tag, 'b')
    t.strictSame(inPath.body, invalid(inPath, { parameter: 'tag', detail }), tag)
    const removed = await remove(tag)
    t.strictSame(removed.body, invalid(removed, { parameter: 'tag', detail }), tag)
    const inBody = await rename('a', tag)
    t.strictSame(inBody.body, invalid(inBody, { pointer: '/tag', detail }), tag)
  }
  const empty = await rename('a', '')
  t.strictSame(empty.body, invalid(empty, { pointer: '/tag', detail }))
  const zero = await tags('PATCH', '/%00', { tag: 'b' })
  t.strictSame(
    zero.body,
    invalid(zero, { parameter: 'tag', detail: 'contains a control character, U+0000; remove it' })
  )
  const lines = await rename('a', 'b\nc')
  t.strictSame(
    lines.body,
    invalid(lines, { pointer: '/tag', detail: 'contains a line break, U+000A; remove it' })
  )
  const missing = await tags('PATCH', '/a', {})
  t.strictSame(missing.body, invalid(missing, { pointer: '/tag', detail: 'is required' }))
  const misspelt = await tags('PATCH', '/a', { tag: 'b', name: 'c' })
  t.strictSame(misspelt.body, invalid(misspelt, { pointer: '/name', detail: 'is not known; known are tag' }))
  for (const [value, type] of [
    [null, 'string'],
    [1, 'string'],
    [['b'], 'string']
  ] as const) {
    const answer = await tags('PATCH', '/a', { tag: value })
    t.strictSame(answer.body, invalid(answer, { pointer: '/tag', detail: `must be of type ${type}` }))
  }
  const malformed = await tags('PATCH', '/%ff', { tag: 'b' })
  t.equal(malformed.status, 400)
  t.equal((await tags('PATCH', `/${'x'.repeat(101)}`, { tag: 'b' })).body.code, 'uri_too_long')
  t.equal((await tags('PATCH', '/', { tag: 'b' })).status, 400)
  const text = await tags('PATCH', '/a', 'x', { 'content-type': 'text/plain' })
  t.strictSame([text.status, text.headers['accept-patch']], [415, 'application/json'])
  t.strictSame(await counts(), [['a', 1, 1]])
})

t.test('a rename counts in the quota as far as the tag grows', async t => {
  // A title of one byte, and the tags as JSON.
  const { rename, make, remove } = await serveTags(t, { MAX_TODO_BYTES: '60' })
  await make('a', ['t'])
  await make('b', ['t', 'u'])
  // 6 and 10 bytes so far. Each "t" grows by 21: 58 bytes.
  const grown = await rename('t', 'x'.repeat(22))
  t.match(grown, { status: 200, body: { count: 2 } })
  const refused = await rename('x'.repeat(22), 'x'.repeat(24))
  t.strictSame(refused.body, expectedProblem(refused, 403, 'quota_exceeded'))
  t.match(await rename('u', 'x'.repeat(22)), { status: 200, body: { count: 1 } }, 'a merge takes less')
  t.match(await rename('x'.repeat(22), 'x'.repeat(24)), { status: 200, body: { count: 2 } })
  t.match(await remove('x'.repeat(24)), { status: 200, body: { count: 2 } })
})

t.test('who follows the changes sees a rename, whole', async t => {
  const { rename, make, call, token } = await serveTags(t)
  const made = [await make('a', ['t']), await make('b', ['t']), await make('c', ['u'])]
  const { next } = (await call('GET', '/api/changes', { token })).body
  await rename('t', 'u')
  const { body } = await call('GET', `/api/changes?since=${next}`, { token })
  t.strictSame(
    body.changes.map(({ id, todo }: { id: string; todo: { tags: string[] } }) => [id, todo.tags]),
    made.slice(0, 2).map(({ id }) => [id, ['u']])
  )
})

t.test('of parallel changes of a tag, one finds it', async t => {
  const { rename, make, counts } = await serveTags(t)
  await make('a', ['t'])
  const answers = await Promise.all(['b', 'c', 'd'].map(newTag => rename('t', newTag)))
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 404, 404])
  const winner = answers.findIndex(({ status }) => status === 200)
  t.strictSame(await counts(), [[['b', 'c', 'd'][winner], 1, 1]])
})

t.test('a todo that gets other tags meanwhile keeps those', async t => {
  const { rename, make, todos } = await serveTags(t)
  const ids: string[] = []
  for (let n = 0; n < 20; n += 1) ids.push((await make(`${n}`, ['t', 'x'])).id)
  const [, ...patched] = await Promise.all([
    rename('t', 'u'),
    ...ids.map(id => todos('PATCH', `/${id}`, { tags: ['t', 'y'] }))
  ])
  t.ok(patched.every(({ status }) => status === 200))
  for (const id of ids) {
    const { tags } = (await todos('GET', `/${id}`)).body
    t.ok(['t,y', 'u,y'].includes(tags.join()), tags.join())
  }
})

t.test('renames a tag of very many todos as one act', async t => {
  const { app, user, rename, remove, counts, todos } = await serveTags(t)
  const text = Array.from({ length: 1500 }, (_, n) =>
    JSON.stringify({ title: `${n}`, tags: n % 3 === 0 ? ['t'] : n % 3 === 1 ? ['t', 'u'] : ['v'] })
  ).join('\n')
  await todos('POST', '/import', text, { 'content-type': 'application/x-ndjson' })
  const own = createTodos(app.store, user.id)
  const total = async (tag: string) => (await own.list({ tag: [tag], limit: 1, count: true })).total

  let hasEnded = false
  const change = rename('t', 'u').finally(() => {
    hasEnded = true
  })
  const seen = new Set<number | undefined>()
  while (!hasEnded) {
    seen.add(await total('u'))
    await nextTurn()
  }
  t.match(await change, { status: 200, body: { count: 1000 } })
  t.strictSame(
    [...seen].filter(total => total !== 500 && total !== 1000),
    []
  )
  t.strictSame(await counts(), [
    ['u', 1000, 1000],
    ['v', 500, 500]
  ])
  const [first] = (await todos('GET', '?limit=1&tag=v')).body.items
  await todos('PATCH', `/${first.id}`, { tags: ['rare'] })
  t.match(await rename('rare', 'v'), { status: 200, body: { count: 1 } })
  t.match(await remove('v'), { status: 200, body: { count: 500 } })
  t.strictSame(await counts(), [['u', 1000, 1000]])
})
