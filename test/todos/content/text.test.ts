import t from 'tap'
import { invalid, serveSignedIn } from '../signed-in.ts'

const INVISIBLE = 'has no visible character; give at least one'
const control = (code: string) => `contains a control character, ${code}; remove it`
const lineBreak = (code: string) => `contains a line break, ${code}; remove it`
const half = (code: string) => `contains half of a character, ${code}; remove it`

const codesOf = (text: string) =>
  Array.from(text, character => character.codePointAt(0)?.toString(16)).join(' ')

/** Texts without a visible character. */
const invisible = [
  '\u200b',
  '\u2060',
  '\u3164',
  '\u00ad',
  '\ufeff\u200b',
  '\u180e',
  '\u115f',
  '\u1160',
  '\uffa0',
  '\u2800',
  '\u034f',
  '\u061c',
  '\u17b5',
  '\u200e\u200f',
  '\u202e',
  '\u2066\u2069',
  '\u2064',
  '\ufe0f',
  '\u{e0100}',
  '\u{e0041}\u{e007f}',
  '\ufff9\ufffb',
  '\ufffc',
  '\ufffe',
  '\u{1d159}',
  '\u{1d173}',
  '\u0301',
  '\u200d \u200c\u00a0\u200b'
]
/** Visible texts, some of which contain invisible characters. */
const visible = [
  'x',
  '.',
  '😀',
  '❤️',
  '👩‍👩‍👧',
  '#️⃣',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'می‌روم',
  'שָׁלוֹם\u200f!',
  '\u2067abc\u2069',
  'e\u0301',
  'क्‍ष',
  '\u0940',
  '\u2840',
  '\ue000',
  '\u{10fffd}',
  '\u{1fbfa}',
  '\u{323b0}',
  'co\u00adop',
  '٣',
  'Ⅷ'
]

t.test('a title and a tag need a visible character and no control character', async t => {
  const { todos } = await serveSignedIn(t)
  const cases: [string, string][] = [
    ...invisible.map((text): [string, string] => [text, INVISIBLE]),
    ['a\u0007', control('U+0007')],
    ['\u001b[31mred\u001b[0m', control('U+001B')],
    ['a\tb', control('U+0009')],
    ['a\u0000b', control('U+0000')],
    ['a\u007fb', control('U+007F')],
    ['\u0085', control('U+0085')],
    ['a\u009b31m', control('U+009B')],
    ['a\nb', lineBreak('U+000A')],
    ['a\r\nb', lineBreak('U+000D')],
    ['a\u2028b', lineBreak('U+2028')],
    ['a\u2029b', lineBreak('U+2029')],
    ['a\ud83d', half('U+D83D')],
    ['\udc00a', half('U+DC00')]
  ]
  const { body: todo } = await todos('POST', '', { title: 'a' })
  for (const [text, detail] of cases) {
    const name = codesOf(text)
    const wrong = await todos('POST', '', { title: text, tags: ['a', text.trim()] })
    t.strictSame(
      wrong.body,
      invalid(wrong, { pointer: '/title', detail }, { pointer: '/tags/1', detail }),
      name
    )
    const patched = await todos('PATCH', `/${todo.id}`, { title: text })
    t.strictSame(patched.body, invalid(patched, { pointer: '/title', detail }), name)
  }
  t.strictSame((await todos('GET')).body.items, [todo], 'nothing was written')

  for (const text of visible) {
    const { body } = await todos('POST', '', { title: ` ${text}\u2028\n`, tags: [text.normalize('NFC')] })
    t.match(body, { title: text, tags: [text.normalize('NFC')] }, codesOf(text))
  }
})

t.test('a description may have line breaks and tabs, but no other control character', async t => {
  const { todos } = await serveSignedIn(t)
  for (const description of ['', ' ', '\u200b', 'a\n\tb\r\nc\rd\u2028e\u2029f'])
    t.equal((await todos('POST', '', { title: 'a', description })).body.description, description)
  for (const [description, detail] of [
    ['a\u0007', control('U+0007')],
    ['\u001b]0;x', control('U+001B')],
    ['a\u000bb\u000cc', control('U+000B')],
    ['\u0080', control('U+0080')],
    ['nul \0', control('U+0000')],
    ['\ud800', half('U+D800')]
  ]) {
    const answer = await todos('POST', '', { title: 'a', description })
    t.strictSame(answer.body, invalid(answer, { pointer: '/description', detail }))
  }
})

t.test('imports, batches and filters accept the same texts', async t => {
  const { call, token, todos } = await serveSignedIn(t)
  const line = JSON.stringify({ title: '\u200b', description: 'a\u0007', tags: ['\u2060'] })
  const imported = await call('POST', '/api/todos/import', {
    token,
    body: `{"title":"a"}\n${line}\n`,
    headers: { 'content-type': 'application/x-ndjson' }
  })
  t.strictSame(
    imported.body,
    invalid(
      imported,
      { pointer: '/1/title', detail: INVISIBLE },
      { pointer: '/1/description', detail: control('U+0007') },
      { pointer: '/1/tags/0', detail: INVISIBLE }
    )
  )
  const batch = await todos('POST', '/batch', { operations: [{ op: 'create', todo: { title: '\u3164' } }] })
  t.strictSame(batch.body, invalid(batch, { pointer: '/operations/0/todo/title', detail: INVISIBLE }))
  const tagged = await todos('GET', `?tag=${encodeURIComponent('\u2060')}`)
  t.strictSame(tagged.body, invalid(tagged, { parameter: 'tag/0', detail: INVISIBLE }))
  const found = await todos('GET', '?q=a%1b')
  t.strictSame(found.body, invalid(found, { parameter: 'q', detail: control('U+001B') }))
})

t.test('tags that are canonically equal are one tag', async t => {
  const { call, token, todos, titles } = await serveSignedIn(t)
  // é, the Ångström sign, a Hangul syllable, and a character that NFC decomposes.
  const forms = [
    ['\u00e9', 'e\u0301'],
    ['\u00c5', 'A\u030a', '\u212b'],
    ['\ud55c', '\u1112\u1161\u11ab'],
    ['\u0915\u093c', '\u0958'],
    ['a\u0323\u0307', 'a\u0307\u0323']
  ].map(([first = '', ...others]) => [first.normalize('NFC'), first, ...others])
  for (const [tag = '', ...others] of forms) {
    for (const form of others) {
      const { body } = await todos('POST', '', { title: form, tags: [form] })
      t.strictSame(body.tags, [tag], 'it is answered in one form')
      const same = await todos('PATCH', `/${body.id}`, { tags: [tag] })
      t.strictSame(same.body, body, 'the other form is no change')
      const twice = await todos('POST', '', { title: 'a', tags: [tag, form === tag ? tag : form] })
      const detail = 'is not accepted; give at most 20 different tags; their order does not matter'
      t.strictSame(twice.body, invalid(twice, { pointer: '/tags', detail }), 'and is the same tag twice')
    }
    for (const form of others)
      t.strictSame(await titles(`?tag=${encodeURIComponent(form)}`), others, 'each form finds all')
  }
  const [[first = '', , second = ''] = []] = forms
  const where = { tag: [second] }
  const { body } = await todos('POST', '/batch', { operations: [{ op: 'delete', where }] })
  t.strictSame(body.results, [{ count: 2 }])

  await call('POST', '/api/todos/import', {
    token,
    body: JSON.stringify({ title: 'imported', tags: ['z', second] }),
    headers: { 'content-type': 'application/x-ndjson' }
  })
  const [imported] = (await todos('GET', `?tag=${encodeURIComponent(first)}`)).body.items
  t.strictSame(imported.tags, ['z', first])
})

t.test('a tag has up to 50 characters in its stored form; a title is stored as received', async t => {
  const { todos } = await serveSignedIn(t)
  const detail = 'is not accepted; give a text of 1 to 50 characters, without white space around it'
  const { body } = await todos('POST', '', { title: 'e\u0301', tags: ['e\u0301'.repeat(50)] })
  t.match(body, { title: 'e\u0301', tags: ['é'.repeat(50)] })
  for (const tag of [
    'é'.repeat(51),
    'e\u0301'.repeat(51),
    '\u0958'.repeat(50),
    `a${'\u0301'.repeat(20_000)}`
  ]) {
    const answer = await todos('POST', '', { title: 'a', tags: [tag] })
    t.strictSame(answer.body, invalid(answer, { pointer: '/tags/0', detail }), `${tag.length}`)
  }
  const { body: composed } = await todos('PATCH', `/${body.id}`, { title: 'é' })
  t.equal(composed.title, 'é')
  t.not(composed.etag, body.etag)
  t.strictSame((await todos('GET', `?q=${encodeURIComponent('e\u0301')}`)).body.items, [composed])
})
