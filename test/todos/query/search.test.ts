import fc from 'fast-check'
import t from 'tap'
import { defaults } from '../../../src/todos/content/content.ts'
import { tokenize } from '../../../src/todos/query/terms.ts'
import { createTodos } from '../../../src/todos/todos.ts'
import { serveSignedIn } from '../signed-in.ts'

const RUNS = Number(process.env.SEARCH_RUNS ?? 6)
/** More todos than SQLite adds to its index at a time. */
const MANY = 1100

const query = (parameter: string, ...values: string[]) =>
  values.map(value => `${parameter}=${encodeURIComponent(value)}`).join('&')

t.test('a search finds words of any script by their beginnings, without case and accents', async t => {
  const { make, titles } = await serveSignedIn(t)
  const cases: [string, string[], string[]][] = [
    ['Éclair à la crème', ['eclair', 'ECLAIR', 'e\u0301clair', 'creme a', 'crè'], ['clair', 'eclairs']],
    ['Straße', ['strasse', 'STRASSE', 'STRAẞE', 'straß'], ['strase']],
    ['ΟΔΟΣ Σίσυφος', ['οδος', 'οδοσ', 'σισυφοσ', 'ΣΊΣΥΦΟΣ'], ['υφος']],
    ['ᾠδή', ['ωδη', 'ΩΔΗ', 'ᾨΔΉ'], ['ιδη']],
    ['İstanbul ılık', ['istanbul', 'ISTANBUL', 'ıstanbul', 'ilik'], ['stanbul']],
    ['Чёрный кот', ['черный', 'ЧЁРНЫЙ', 'кот чер'], ['ный']],
    ['牛乳を買う', ['牛乳', '乳', '買う', '牛 買'], ['牛買', '卵']],
    ['コンピュータ ﾃﾚﾋﾞ', ['コンピ', 'ピュータ', 'テレビ'], ['ラジオ']],
    ['佐々木', ['々', '佐々'], ['木佐']],
    ['ขนมปังที่ตลาด', ['ขนมปั', 'ขนมปัง', 'ตลาด'], ['ตลก']],
    ['ភាសាខ្មែរ', ['ភាសាខ', 'ខ្មែរ'], ['រខ']],
    ['كِتَابٌ جديد', ['كتاب', 'كِتاب', 'جديد'], ['تاب']],
    ['שָׁלוֹם', ['שלום', 'שָלוֹם'], ['לום']],
    ['हिन्दी किताब', ['हिन्दी', 'किता'], ['हन', 'ताब']],
    ['ﬁnd Ⅻ ①', ['find', 'xii', '1'], ['nd']],
    ['co\u00adoperate', ['cooperate'], ['operate']],
    ['☕️ café ❤️ 👩‍👩‍👧', ['cafe'], ['tea']],
    ['don’t C++ 3.14', ['don', "t don'", 'c', '3 14', '3.1'], ['ont', '314']],
    [`${'x'.repeat(70)} end`, ['x'.repeat(70), 'x'.repeat(64)], ['x'.repeat(63).concat('y')]]
  ]
  await make(...cases.map(([title]) => title))
  for (const [title, finding, missing] of cases) {
    for (const q of finding) t.ok((await titles(`?${query('q', q)}`)).includes(title), `${q} finds ${title}`)
    for (const q of missing) t.notOk((await titles(`?${query('q', q)}`)).includes(title), `${q}, ${title}`)
  }
  const longest = Array.from({ length: 100 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join(' ')
  t.strictSame(await titles(`?${query('q', longest)}`), [], 'as many words as there can be')
  const compounds = Array.from(
    { length: 49 },
    (_, index) => `${String.fromCodePoint(0x430 + (index % 30))}-${index % 10}`
  )
  t.strictSame(await titles(`?${query('q', compounds.join(' '))}`), [], 'and compounds')
})

t.test('every letter is found in both cases', async t => {
  for (let point = 0; point < 0x11_0000; point++) {
    const letter = String.fromCodePoint(point)
    if (letter.toUpperCase() === letter.toLowerCase() || !/\p{L}/u.test(letter)) continue
    // The iota subscript is left out like an accent; in upper case it is a letter.
    const isWithIota = letter.normalize('NFD').includes('\u0345')
    const forms = [letter.toLowerCase(), letter.normalize('NFD'), isWithIota ? letter : letter.toUpperCase()]
    if (forms.some(form => tokenize(form).join() !== tokenize(letter).join())) t.fail(`${letter}: ${forms}`)
  }
  t.strictSame(tokenize('Zoë'), ['ZOE'])
})

t.test('hostile texts take no longer than others', async t => {
  const marks = '\u0301\u0323'.repeat(8192)
  const texts: Record<string, string> = {
    ...Object.fromEntries(['', 'a', 'क', 'ก'].map(base => [`${base} and marks`, base + marks])),
    'a sentence for each character': '\ufdfa'.repeat(16_384),
    'words for each character': '\u3300'.repeat(16_384),
    'one long compound': 'a-b.'.repeat(4096),
    'compounds of eight parts': 'abc-abd-abe-abf-abg-abh-abi-abj '.repeat(512),
    'joiners of words': 'م\u200c'.repeat(8192),
    'flags that are none': '\u{1f3f4}\u{e0067}'.repeat(8192),
    'parts of flags': '\u{1f1e9}'.repeat(16_384),
    signs: 'c+'.repeat(8192),
    'digits of another script': '٣'.repeat(16_384)
  }
  for (const [name, text] of Object.entries(texts)) {
    const start = process.cpuUsage()
    const length = tokenize(text).join(' ').length
    t.ok(process.cpuUsage(start).user < 500_000, name)
    t.ok(length < 10_000, `${name}: terms of ${length} characters`)
  }
})

t.test('tags match exactly', async t => {
  const { todos, titles } = await serveSignedIn(t)
  const tags = [
    "'",
    "''",
    '"',
    '\\',
    "\\'",
    '%',
    '_',
    'a b',
    'a',
    'A',
    'b',
    '🦆',
    'é',
    'ﬁ',
    'fi',
    '#61',
    '&',
    '|',
    ':*',
    '()',
    '!',
    '*',
    '-',
    '^',
    '%00',
    '{}',
    '字'.repeat(50)
  ]
  for (const tag of tags)
    await todos('POST', '', { title: tag, tags: [tag, 'all'], description: `tag ${tag}` })
  for (const tag of tags) t.strictSame(await titles(`?${query('tag', tag)}`), [tag], tag)
  t.strictSame(await titles(`?${query('tag', 'all', "'")}`), ["'"])
  t.strictSame(await titles(`?${query('tag', 'a', 'b')}`), [])
  t.strictSame(await titles('?tag=all&q=tag&limit=200'), tags)
  t.strictSame(await titles('?q=61'), ['#61'], 'a tag is no word')
})

t.test('a search finds every todo, even before the index has caught up', async t => {
  const { app, todos, titles, user } = await serveSignedIn(t)
  const own = createTodos(app.store, user.id)
  await own.edit(async ({ create }) => {
    for (let index = 0; index < MANY; index++)
      await create({
        ...defaults,
        title: `n${index} ${index % 100 === 0 ? 'rare' : 'common'}`,
        tags: [`t${index % 7}`]
      })
  })
  const rare = Array.from({ length: MANY / 100 }, (_, index) => `n${index * 100} rare`)
  const total = async (filter: string) => (await todos('GET', `?limit=1&count=true&${filter}`)).body.total
  for (const time of ['first', 'second', 'third']) {
    t.strictSame(await titles('?q=rare'), rare, time)
    t.equal(await total('q=comm'), MANY - rare.length)
    t.equal(await total('tag=t3'), Math.floor((MANY - 4) / 7) + 1)
    t.strictSame(await titles('?q=n700'), ['n700 rare'])
  }

  const [first, second, third] = (await todos('GET', '?q=rare')).body.items
  await todos('PATCH', `/${first.id}`, { title: 'seldom' })
  await todos('DELETE', `/${second.id}`)
  await todos('DELETE', `/${third.id}?permanent=true`)
  await todos('POST', '', { title: 'new and rare' })
  for (const time of ['behind', 'caught up']) {
    t.strictSame(await titles('?q=rare'), [...rare.slice(3), 'new and rare'], time)
    t.strictSame(await titles('?q=seldom'), ['seldom'])
    t.strictSame(await titles('?q=n0'), [])
    t.strictSame(await titles('?q=rare&deleted=true'), ['n100 rare'])
  }
  await todos('POST', `/${second.id}/restore`)
  t.strictSame(await titles('?q=rare'), ['n100 rare', ...rare.slice(3), 'new and rare'])
})

t.test('a search finds no todo of another user', async t => {
  const { call, make, signUp, user } = await serveSignedIn(t)
  await make('mine')
  const { accessToken: token } = await signUp()
  for (const q of ['mine', user.id, `@${user.id}`])
    t.strictSame((await call('GET', `/api/todos?${query('q', q)}`, { token })).body.items, [], q)
})

t.test('random texts and tags: a search finds what a scan of all todos finds', async t => {
  const { todos } = await serveSignedIn(t, { LOG_LEVEL: 'error' })
  const words = ['milk', 'mill', 'mi', 'Öl', 'ole', 'ß', 'Ssi', '牛', '牛乳', '乳牛', 'ой', 'x1', '1x']
  const word = fc.constantFrom(...words)
  const text = fc.array(word, { minLength: 1, maxLength: 4 }).map(list => list.join(' '))
  const tags = fc.uniqueArray(fc.constantFrom('a', 'b', 'A', 'a b', "'"), { maxLength: 3 })
  const todo = fc.record({ title: text, description: fc.option(text), tags })
  const change = fc.record({
    which: fc.nat({ max: 5 }),
    kind: fc.constantFrom('PATCH', 'DELETE', 'gone', 'restore', 'none'),
    todo
  })
  const search = fc.record({ q: fc.option(text, { nil: undefined }), tags, deleted: fc.boolean() })
  const fold = (value: string) =>
    value
      .normalize('NFD')
      .replace(/\u0308/g, '')
      .toUpperCase()
  const hasWord = (value: string, wanted: string) =>
    fold(value)
      .split(/\s/)
      .some(word => (/\p{sc=Han}/u.test(wanted) ? word.includes(wanted) : word.startsWith(fold(wanted))))

  await fc.assert(
    fc.asyncProperty(
      fc.array(todo, { minLength: 6, maxLength: 6 }),
      fc.array(fc.tuple(change, search), { minLength: 5, maxLength: 8 }),
      async (bodies, steps) => {
        const ids: string[] = []
        const present = new Map<string, (typeof bodies)[number] & { isDeleted: boolean }>()
        for (const body of bodies) {
          const { id } = (await todos('POST', '', body)).body
          ids.push(id)
          present.set(id, { ...body, isDeleted: false })
        }
        for (const [{ which, kind, todo: body }, { q, tags, deleted }] of steps) {
          const id = ids[which] as string
          const one = present.get(id)
          if (kind === 'PATCH' && one && !one.isDeleted) {
            await todos('PATCH', `/${id}`, body)
            Object.assign(one, body)
          } else if (kind === 'DELETE' && one && !one.isDeleted) {
            await todos('DELETE', `/${id}`)
            one.isDeleted = true
          } else if (kind === 'gone' && one) {
            await todos('DELETE', `/${id}?permanent=true`)
            present.delete(id)
          } else if (kind === 'restore' && one) {
            await todos('POST', `/${id}/restore`)
            one.isDeleted = false
          }
          const filter = [q && query('q', q), query('tag', ...tags), `deleted=${deleted}`]
            .filter(Boolean)
            .join('&')
          const found = (await todos('GET', `?sort=createdAt&${filter}`)).body.items.map(
            ({ id }: { id: string }) => id
          )
          const expected = ids.filter(id => {
            const todo = present.get(id)
            if (!todo || todo.isDeleted !== deleted || !tags.every(tag => todo.tags.includes(tag)))
              return false
            const texts = `${todo.title} ${todo.description ?? ''}`
            return (q ?? '').split(' ').every(word => hasWord(texts, word))
          })
          t.strictSame(found, expected, filter)
        }
        for (const id of present.keys()) await todos('DELETE', `/${id}?permanent=true`)
      }
    ),
    { numRuns: RUNS }
  )
})
