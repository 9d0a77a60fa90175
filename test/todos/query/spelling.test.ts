import t from 'tap'
import { tokenize, toSearchTerms } from '../../../src/todos/query/terms.ts'
import { serveSignedIn } from '../signed-in.ts'

/** Each title with searches that find it and searches that do not. */
type Case = [title: string, finding: string[], missing?: string[]]

async function check(t: Parameters<typeof serveSignedIn>[0], cases: readonly Case[]) {
  const { make, titles } = await serveSignedIn(t)
  await make(...cases.map(([title]) => title))
  for (const [title, finding, missing = []] of cases) {
    for (const q of finding) t.ok((await titles(queryOf(q))).includes(title), `${q} finds ${title}`)
    for (const q of missing)
      t.notOk((await titles(queryOf(q))).includes(title), `${q} does not find ${title}`)
  }
}

const queryOf = (q: string) => `?limit=200&q=${encodeURIComponent(q)}`

t.test('plain letters find letters with strokes and ligatures, and the reverse', t =>
  check(t, [
    ['Paweł', ['pawel', 'PAWEL', 'paweł', 'PAWEŁ'], ['awel']],
    ['Okland', ['Økland', 'ØKLAND']],
    ['Ǿsterbro', ['osterbro', 'Østerbro']],
    ['Đà Nẵng', ['da nang', 'đà nẵng', 'DA NANG', 'D\u0300a N\u0306\u0303ang', 'đa na']],
    ['Łódź', ['lodz', 'łódź', 'LODZ', 'lódz']],
    ['Ærø, œuvre', ['aero', 'ÆRØ', 'oeuvre', 'Œuvre']],
    ['Straße, GROẞ', ['strasse', 'gross', 'groß']],
    ['Þingvellir, Suðurland', ['thingvellir', 'sudurland', 'þing'], ['pingvellir']],
    ['Iğdır, ĦAL-Balzan, Ŧ', ['igdir', 'IĞDIR', 'hal-balzan', 't']],
    ['Ŋorn, ĸ, ŀ, Əli, Ɓala', ['ngorn', 'q', 'l', 'eli', 'bala']],
    ['col·lecció, coŀlecció', ['colleccio', 'col·leccio', 'coŀlecció']]
  ])
)

t.test('variants of a letter are one letter in other scripts, too', t =>
  check(t, [
    ['جـــديد', ['جديد', 'جد'], ['ديد']],
    ['علي', ['على', 'علی', 'عــلي']],
    ['کتاب', ['كتاب', 'ڪتاب']],
    ['مدرسة', ['مدرسه', 'مدرسہ', 'مدرسۃ']],
    ['أحمد إلى آخر ٱلله', ['احمد', 'إحمد', 'الي', 'اخر', 'الله']],
    ['می‌روم', ['میروم', 'می روم', 'مي‌روم', 'روم']],
    ['میروم خانه', ['می‌روم', 'مي‌روم خانة']],
    ['חברים', ['חברימ', 'חברים'], ['ברים']],
    ['צה״ל, צ׳ק', ['צהל', 'צה"ל', 'צה״ל', 'צק', "צ'ק"]],
    ['Қазақ ғарыш ёлка йод', ['казак', 'ҒАРЫШ', 'гарыш', 'елка', 'иод']],
    ['٣ ۴ ५ ๖ ７', ['3', '4', '5', '6', '7', '۳', '３']],
    ['한국어', ['한국어'.normalize('NFD'), '한국']]
  ])
)

t.test('emoji and other symbols are found', async t => {
  await check(t, [
    ['🎂 for Zoë', ['🎂', '🎂 zoe', 'for🎂'], ['🍰', '🎂🍰']],
    ['cake🎂', ['🎂', 'cake']],
    ['❤️ and ☕', ['❤', '❤️', '☕️', '❤︎']],
    ['👍🏽 done', ['👍', '👍🏿', '👍🏽']],
    ['👩‍👩‍👧 and 🏃🏾‍♀️', ['👩‍👩‍👧', '👩', '🏃‍♀️', '🏃'], ['👨', '🏃‍♂️']],
    ['🇩🇪🇫🇷', ['🇩🇪', '🇫🇷', '🇩🇪🇫🇷'], ['🇪🇫', '🇮🇹']],
    ['🏴󠁧󠁢󠁥󠁮󠁧󠁿 wins', ['🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🏴'], ['🏴󠁧󠁢󠁳󠁣󠁴󠁿']],
    ['1️⃣ #️⃣ *️⃣', ['1️⃣', '#️⃣', '*️⃣', '1'], ['2️⃣']],
    ['★ ✓ ♪', ['★', '✓', '♪'], ['☆']],
    ['over〰under 〰️', ['〰', '〰️', 'overunder'], ['〰 ☆']],
    ['Now‼️ Why⁉️', ['‼', 'now‼️', '⁉', 'why⁉️'], ['⁉ ☆']],
    ['20 C for Foo', ['20°C', 'Foo©']]
  ])
  t.strictSame(tokenize('🎂\u2800\ufffc🏽'), ['🎂'])
})

t.test('a text with a word is searched by the word, whatever else it has', t => {
  // A search without terms would find every todo.
  const isSearched = (text: string) => {
    const words = tokenize(text)
    const terms = toSearchTerms('', text, []).prefixTerms.flat()
    return !words.includes('') && !terms.includes('') && terms.length > 0 === words.length > 0
  }
  const characters = Array.from({ length: 0x20000 }, (_, code) => String.fromCodePoint(code))
  t.strictSame(
    characters.filter(character => character.isWellFormed() && !isSearched(character)),
    []
  )
  t.end()
})

t.test('compounds are found by their parts and as one word', async t => {
  await check(t, [
    ["don't", ['dont', 'don’t', 'donʼt', 'don´t', 'don`t', 'DON‘T', 'don'], ['ont']],
    ['dont go', ["don't", 'don’t', 'don’t g'], ["don't stay"]],
    ['e-mail', ['email', 'e‑mail', 'e mail', 'EMAI', 'e-m', 'mail'], ['emails']],
    ['email Zoë', ['e-mail', 'e–mail', 'e.mail', 'e-mail zoe'], ['e mail']],
    ['e mail by hand', ['e-mail']],
    ['node.js', ['nodejs', 'node js', 'node.js', 'node-js', 'js']],
    ['nodejs', ['node.js', 'node.j', 'Node.JS']],
    ['l’e-mail', ['email', 'lemail', 'l’email', 'l’e-mail', 'mail']],
    ['U.S.A.', ['usa', 'U.S.A.', 'u.s.a', 'USA']],
    ['USA tour', ['u.s.a.', 'U.S.A. tour']],
    ['mother-in-law', ['motherinlaw', 'in-law', 'inlaw', 'mother in law']],
    ['030-1234567', ['0301234567', '030 1234567', '1234567']],
    ['snake_case', ['snakecase', 'snake-case', 'case']],
    ['version 1.2.3 of 10.0.0.1', ['1.2.3', '1.2', '10.0.0.1'], ['123', '10001', '12']],
    ['release 123', ['123'], ['1.2.3']],
    ['https://example.org/a-b?c=d', ['example.org', 'exampleorg', 'https://example.org/a-b?c=d', 'ab']],
    ['a-b-c-d-e-f-g-h-i', ['a-b-c-d-e-f-g-h-i', 'i', 'h-i'], ['abcdefghi']],
    ['e-メール', ['eメール', 'メール', 'e-メール']],
    ['C++ and objective-c++', ['c++', 'c+', 'c', 'objective-c++', 'objectivec'], ['c#', 'c+++ d']],
    ['C#入門', ['c#', 'c', '入門', 'C#入門'], ['c++', 'f#']],
    ['入門F#', ['f#', '門', '入門F#'], ['c#']],
    ['milk+eggs #1', ['milk', 'milk+', 'eggs', 'milk+eggs', '#1', '1']],
    ['Notepad++, A+', ['notepad', 'notepad+', 'notepad++', 'a+'], ['a#']]
  ])
  t.strictSame(tokenize('l’e-mail'), ['L', 'E', 'MAIL', 'LEMAIL', 'EMAIL'])
})

t.test('a text with the most possible words is found by each of them', async t => {
  const { todos } = await serveSignedIn(t)
  const parts = Array.from({ length: 2048 }, (_, index) =>
    String.fromCodePoint(...Array.from(index.toString(8).padStart(7, '0'), digit => 0x1200 + Number(digit)))
  )
  const description = parts.map((part, index) => `${part}${index % 8 === 7 ? ' ' : '-'}`).join('')
  const { body } = await todos('POST', '', { title: 'long', description })
  t.equal(body.description.length, 16_384)
  const [last = '', before] = parts.toReversed()
  for (const q of [parts.slice(0, 8).join('-'), `${before}${last}`, last, last.slice(0, 6)])
    t.strictSame((await todos('GET', queryOf(q))).body.items, [body])
  t.strictSame((await todos('GET', queryOf(`${last}${before}`))).body.items, [])
})

t.test('a search without a word finds nothing', async t => {
  const { todos, make } = await serveSignedIn(t)
  const [todo] = await make('"-" and !', 'b')
  await todos('PATCH', `/${todo.id}`, { tags: ['all'] })
  for (const q of [
    '',
    ' ',
    '"',
    '-',
    "'",
    '.',
    '!?',
    '+',
    '#',
    '@',
    '€',
    ' \u0301',
    '\u200d',
    '\u200b',
    '\n'
  ]) {
    for (const filter of ['', '&tag=all', '&done=false', '&deleted=true', '&sort=-title&limit=1']) {
      const { status, body } = await todos('GET', `${queryOf(q)}${filter}`.replace('limit=200&', ''))
      t.strictSame({ status, body }, { status: 200, body: { items: [], nextCursor: null } }, `${q} ${filter}`)
    }
  }
  t.strictSame((await todos('GET', '?q=-&count=true')).body, { items: [], nextCursor: null, total: 0 })
  const sweep = { operations: [{ op: 'delete', where: { q: '-' } }] }
  await todos('POST', '/batch', sweep)
  t.equal((await todos('GET', '?count=true')).body.total, 2, 'whatever it answers, nothing was deleted')
})

t.test('titles sort by their plain letters', async t => {
  const { make, titles } = await serveSignedIn(t)
  await make('Mango', 'Łódź', 'lotus', 'Æther', 'Zebra', 'Økland', 'Advent', 'lima')
  t.strictSame(await titles('?sort=title'), [
    'Advent',
    'Æther',
    'lima',
    'Łódź',
    'lotus',
    'Mango',
    'Økland',
    'Zebra'
  ])
})
