import t from 'tap'
import { assertNotGuessable, findGuessableError } from '../../src/auth/passwords/policy.ts'
import { expectedProblem, PASSWORD, serve } from '../support/service.ts'

const ada = { username: 'Ada.Lovelace', email: 'Countess@xn--mnchen-3ya.example' }
const because = (weakness: string) =>
  `is easy to guess, for it is little more than ${weakness}; choose a longer one, such as four random words`
const reasonOf = (password: string) => findGuessableError(password, ada, '/password')?.detail

/** What is refused, by what it is little more than. */
const refused: Record<string, readonly string[]> = {
  'a common password': [
    ...['password123', 'iloveyou', 'trustno1', 'P@ssw0rd', 'Password1!', 'Qwerty123!'],
    ...['Admin@123', 'Pass@123', 'Password@123', 'Welcome2024!', 'Admin@1234', 'p@$$w0rd!'],
    ...['Pass@1234!', 'Admin@12345!', 'Admin@Admin1', 'Test@Test@Test1'],
    ...['1qaz2wsx3edc', 'drowssap1', 'passwort1', 'motdepasse1', 'contraseña', '123qweasd'],
    ...['пароль123', 'йцукен123', 'ПРИВЕТ12', 'ｐａｓｓｗｏｒｄ１２３', 'pässwörd123', 'pass\u200bword123']
  ],
  'a common password and a sequence': ['PassWord123', 'passwort123'],
  'a common word': ['Summer2025!', 'Company123!', 'constructor', 'correct horse', 'root@root1'],
  'a common password and a common word': ['Pass@word1', 'Love@Dogs1'],
  'a common password and a year': ['Berlin2024!', 'Munich2024!', 'Admin#2025!', 'Manchester@2024!'],
  'a repetition': [' '.repeat(13), '\u3000'.repeat(13), 'a'.repeat(14), 'abcabcabcabc', '🔑🔑🔑🔑🔑🔑🔑🔑'],
  'a sequence': ['abcdefghijkl', 'onetwothreefour'],
  'a pattern of keys': ['zxcvbnm,./', "asdfghjkl;'"],
  'a date': ['31.12.1990', '1990-12-31', '31/12/1990'],
  'a few characters': ['\u0301'.repeat(9)],
  'your user name': [
    'ada.lovelace',
    'ADA.LOVELACE',
    'lovelace1',
    'Lovelace2026!',
    'ecalevol.ada',
    '10v3l4c3'
  ],
  'your user name and a year': ['lovelace2026'],
  'your user name and a repetition': ['Lovelace!!'],
  'your e-mail address': [
    ...['countess@xn--mnchen-3ya.example', 'COUNTESS@MÜNCHEN.EXAMPLE', 'COUNTESS', 'countess!1', 'münchen1!'],
    'countess@münchen.example1'
  ],
  'the name of this service': ['latchkey', 'Latchkey1!', 'yekhctal', 'l4tchk3y', 'latchkey2026!'],
  'the name of this service and a sequence': ['latchkey123'],
  'the name of this service and a year': ['latchkey2026']
}

t.test('[V6.2] [V6.1.2] [V6.2.11] a password that is easy to guess is refused with the reason', async t => {
  for (const [weakness, passwords] of Object.entries(refused))
    for (const password of passwords) t.equal(reasonOf(password), because(weakness), JSON.stringify(password))
})

t.test('[V6.2] a password that is hard to guess is accepted, whatever characters it has', async t => {
  const taken = [
    ...[PASSWORD, 'battery staple, correct horse', 'my dog ate my homework', 'i like green tea'],
    ...['red blue big small', 'you and me too', 'he is a man', 'lamp-river-stone', 'x7$Kq9!m', 'k7-Pq-2x-Zm'],
    ...['kX9#mQ2v', 'kX9#mQ2vLp', 'hv3!Kq8zRt', 'j7dk2m9xqp', '5gQ2-kLm8-Xv3p-9TzR', 'x7Kq-92mV-aaTz'],
    ...[
      'слон гуляет по лесу',
      'мама мыла раму утром',
      'ключі від будинку',
      '我今天吃了三个苹果',
      '今日はいい天気です'
    ],
    ...['우리집강아지는귀여워', 'القطة تنام على السرير', 'Il pleut sur la ville', '🔑🍎🚗🎸🐢🌵🎩🐙'],
    ...['ada.lovelace wrote the first program', 'my name is ada.lovelace'],
    `${'a'.repeat(24)}kX9#mQ2vLp${'b'.repeat(20)}hv3!Kq8zRt`
  ]
  for (const password of taken) t.equal(reasonOf(password), undefined, password)
})

t.test('[V6.2] the refusal has the given pointer', async t => {
  const errors = [{ pointer: '/newPassword', detail: because('a common password') }]
  t.throws(() => assertNotGuessable('password123', ada, '/newPassword'), {
    code: 'validation_failed',
    status: 400
  })
  const { call, signUp } = await serve(t)
  const { accessToken: token } = await signUp()
  const body = { currentPassword: PASSWORD, newPassword: 'password123' }
  const answer = await call('PUT', '/api/auth/password', { token, body })
  t.strictSame(answer.body, expectedProblem(answer, 400, 'validation_failed', { errors }))
  t.doesNotThrow(() => assertNotGuessable(PASSWORD, ada, '/newPassword'))
})

t.test('a guessable password is reported together with the faults of the schema', async t => {
  const { call, signUp } = await serve(t)
  const register = (body: unknown) => call('POST', '/api/auth/register', { body })
  const username = {
    pointer: '/username',
    detail: 'is not accepted; give 3 to 32 letters, digits, dots, underscores or hyphens'
  }
  const email = {
    pointer: '/email',
    detail: 'is not accepted; give an e-mail address of at most 254 characters'
  }
  const short = { pointer: '/password', detail: 'is not accepted; give 8 to 128 characters of any kind' }
  const easy = (weakness: string) => ({ pointer: '/password', detail: because(weakness) })
  const cases: [unknown, object[]][] = [
    [{ username: '!', email: '!', password: 'Admin@123' }, [username, email, easy('a common password')]],
    [
      { username: '!', email: 'countess@b.co', password: 'countess!1' },
      [username, easy('your e-mail address')]
    ],
    [{ username: '!', email: '!', password: PASSWORD }, [username, email]],
    [{ username: '!', email: '!', password: 'Admin' }, [username, email, short]],
    [
      { username: 'ada', email: 7, password: 'ada2026!!' },
      [{ pointer: '/email', detail: 'must be of type string' }, easy('your user name')]
    ],
    [
      { username: 'ada', email: 'a@b.co', password: 12345678 },
      [{ pointer: '/password', detail: 'must be of type string' }]
    ],
    [null, [{ pointer: '', detail: 'must be of type object' }]]
  ]
  for (const [body, errors] of cases) {
    const answer = await register(body)
    t.strictSame(
      answer.body,
      expectedProblem(answer, 400, 'validation_failed', { errors }),
      JSON.stringify(body)
    )
  }

  const { accessToken: token } = await signUp({ username: 'countess' })
  const change = await call('PUT', '/api/auth/password', { token, body: { newPassword: 'countess!1' } })
  const errors = [
    { pointer: '/currentPassword', detail: 'is required' },
    { pointer: '/newPassword', detail: because('your user name') }
  ]
  t.strictSame(change.body, expectedProblem(change, 400, 'validation_failed', { errors }))
})

t.test('the estimate takes milliseconds, whatever the password', async t => {
  const long = (text: string) => text.repeat(128).slice(0, 128)
  const worst = [
    ...['a1', '4@8({[</3|!1$5+70%2', '0oO', 'aab', 'password', 'p@$$w0rd', '1121990', 'x', 'l1!|iI', '12'],
    ...['|-||\\/|()<>^', 'qwertyuiop', 'я', '\u0301', '🔑', '\ufdfa', '31.12.1990 ', 'correcthorse', 'vv']
  ].map(long)
  for (const password of worst) reasonOf(password)
  for (const password of worst) {
    const times = Array.from({ length: 5 }, () => {
      const start = process.cpuUsage()
      reasonOf(password)
      return process.cpuUsage(start).user / 1000
    })
    // Of the processor's time, whatever else it does: up to 10, where all 128 characters would take up to 800.
    t.ok(Math.min(...times) < 100, `${password.slice(0, 12)}: ${times.map(Math.round)} ms`)
  }
})
