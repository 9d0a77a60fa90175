import t from 'tap'
import { createAccountAdmin } from '../../src/auth/accounts/admin.ts'
import { findEmailError, toAsciiEmail } from '../../src/auth/accounts/email-addresses.ts'
import { expectedProblem, PASSWORD, serve } from '../support/service.ts'

const SPACE = 'begins or ends with a space; leave that out'
const NOT_ASCII = 'has letters before the @ that are not ASCII; give one without'
const LONG = 'has more than 64 characters before the @, which no address has'
const PLAIN = 'is not accepted; give an e-mail address of at most 254 characters'

t.test('the domain of an e-mail address is stored in ASCII', async t => {
  const kept: Record<string, string> = {
    'ada@münchen.de': 'ada@xn--mnchen-3ya.de',
    'Ada@MÜNCHEN.DE': 'Ada@xn--mnchen-3ya.de',
    'ada@mu\u0308nchen.de': 'ada@xn--mnchen-3ya.de',
    'ada@münchen。de': 'ada@xn--mnchen-3ya.de',
    'ada@mail.XN--MNCHEN-3YA.de': 'ada@mail.XN--MNCHEN-3YA.de',
    'ada@straße.de': 'ada@xn--strae-oqa.de',
    'ada@例え.テスト': 'ada@xn--r8jz45g.xn--zckzah',
    'ada@пример.рф': 'ada@xn--e1afmkfd.xn--p1ai',
    'Ada@Example.ORG': 'Ada@Example.ORG',
    "o'hara+todo@b.co": "o'hara+todo@b.co",
    'ada@127.0.0.1': 'ada@127.0.0.1'
  }
  for (const [given, address] of Object.entries(kept))
    t.strictSame([findEmailError(given), toAsciiEmail(given)], [undefined, address], given)
  for (const name of ['ada', 'xn--mnchen-3ya', '@münchen.de']) t.equal(toAsciiEmail(name), name, 'no address')
})

t.test('the fault of an e-mail address is reported', async t => {
  const { call } = await serve(t)
  const faults: Record<string, readonly string[]> = {
    [SPACE]: [' ada@b.co', 'ada@b.co ', 'ada@b.co\n', '\u00a0ada@b.co', '\ufeffada@b.co', '\tada@münchen.de'],
    [NOT_ASCII]: ['адa@b.co', 'jörg@münchen.de', 'ada＠b@b.co'],
    [LONG]: [`${'a'.repeat(65)}@b.co`, `${'a'.repeat(65)}@münchen.de`],
    [PLAIN]: [
      ...['', '@', 'ada', 'ada@', '@b.co', 'ada@b', 'ada@münchen', 'a@b@b.co', 'a@b@münchen.de', 'ada＠b.co'],
      ...['a..b@b.co', '.a@b.co', 'a b@b.co', '"a b"@b.co', 'ada@b..co', 'ada@b.co.', 'ada@münchen.de.'],
      ...['ada@-b.co', 'ada@b_.co', 'ada@mün chen.de', 'ada@münchen.de:80', 'ada@mü%6echen.de', 'ada@ü/b.co'],
      ...['ada@[127.0.0.1]', 'ada@[::1]', 'ada@１２７.0.0.1', 'ada@1.2.３', 'ada@xn--mnchen-3yé.de'],
      ...[`ada@${'b'.repeat(64)}.co`, `ada@${'ü'.repeat(64)}.de`, `ada@${'ü.'.repeat(40)}de`, 'ada@\ud800.de']
    ]
  }
  for (const [detail, emails] of Object.entries(faults))
    for (const email of emails)
      for (const [path, rest] of [
        ['/api/auth/register', { username: 'ada', password: PASSWORD }],
        ['/api/auth/login', { password: PASSWORD }]
      ] as const) {
        const answer = await call('POST', path, { body: { email, ...rest } })
        const errors = [{ pointer: '/email', detail }]
        t.strictSame(
          answer.body,
          expectedProblem(answer, 400, 'validation_failed', { errors }),
          JSON.stringify(email)
        )
      }
})

t.test('an internationalised address is one account, in whatever form it is given', async t => {
  const { app, call, signUp } = await serve(t)
  const forms = ['ada@münchen.de', 'ADA@MÜNCHEN.DE', 'ada@xn--mnchen-3ya.de', 'ada@mu\u0308nchen.de']
  const { user } = await signUp({ email: 'Ada@München.de' })
  t.equal(user.email, 'Ada@xn--mnchen-3ya.de')
  for (const [index, email] of forms.entries()) {
    const taken = await call('POST', '/api/auth/register', {
      body: { username: `other${index}`, email, password: PASSWORD }
    })
    const errors = [{ pointer: '/email', detail: 'belongs to another account; sign in if it is yours' }]
    t.strictSame(taken.body, expectedProblem(taken, 409, 'already_taken', { errors }))
    const login = await call('POST', '/api/auth/login', { body: { email, password: PASSWORD } })
    t.strictSame([login.status, login.body.user], [200, user])
    t.match(await createAccountAdmin(app.store, false).find(email), { id: user.id }, 'for operators, too')
  }
})

t.test('[THROTTLE] guesses for all forms of an e-mail address count together', async t => {
  const { call } = await serve(t)
  const guess = (email: string) => call('POST', '/api/auth/login', { body: { email, password: 'wrong' } })
  for (const email of [
    'ada@münchen.de',
    'ADA@MÜNCHEN.DE',
    'ada@xn--mnchen-3ya.de',
    'ada@münchen。de',
    'Ada@münchen.de'
  ])
    t.equal((await guess(email)).status, 401)
  t.equal((await guess('ada@münchen.de')).status, 429)
})
