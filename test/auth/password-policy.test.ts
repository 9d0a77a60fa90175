import t from 'tap'
import { isCommon } from '../../src/auth/common-passwords.ts'
import { refuseGuessable } from '../../src/auth/password-policy.ts'
import { PASSWORD, problem, serve } from '../service.ts'

const common = 'is among those that are guessed first; choose a less common one, such as a few random words'
const username = 'is your user name; choose one that has nothing to do with it'
const email = 'is your e-mail address, or its first part; choose one that has nothing to do with it'
const ada = { username: 'Ada.Lovelace', email: 'Countess@Example.org' }

t.test('[V6.2] each password that is easily guessed is refused, and told why', async t => {
  const { call } = await serve(t)
  const cases = [
    ...['password123', 'PassWord123', 'iloveyou', 'trustno1', '00000000', 'abcdefgh'].map(
      password => [password, common] as const
    ),
    ...['ada.lovelace', 'ADA.LOVELACE'].map(password => [password, username] as const),
    ...['countess@example.org', 'COUNTESS@EXAMPLE.ORG', 'countess'].map(
      password => [password, email] as const
    )
  ]
  for (const [password, detail] of cases) {
    const answer = await call('POST', '/api/auth/register', { body: { ...ada, password } })
    const errors = [{ pointer: '/password', detail }]
    t.strictSame(answer.body, problem(answer, 400, 'validation_failed', { errors }), password)
  }
  const answer = await call('POST', '/api/auth/register', { body: { ...ada, password: PASSWORD } })
  t.equal(answer.status, 201)
})

t.test('[V6.2] a password that only contains a name is accepted', async t => {
  for (const password of ['ada.lovelace1815', 'my name is ada.lovelace', 'countess-18-15'])
    t.doesNotThrow(() => refuseGuessable(password, ada), password)
})

t.test('[V6.2] the refusal points where it is told to', async t => {
  const errors = [{ pointer: '/newPassword', detail: common }]
  try {
    refuseGuessable('password123', ada, '/newPassword')
    t.fail('it is refused')
  } catch (error) {
    t.match(error, { code: 'validation_failed', status: 400 })
    t.match((error as { document: (id: string) => object }).document(''), { errors })
  }
})

t.test('[V6.2] the most common passwords, of the kinds that guessers try first', async t => {
  const guessed = [
    ...['12345678', '123456789', 'password', 'qwertyuiop', '1q2w3e4r5t', 'Aa123456', 'P@ssw0rd'],
    ...['11111111', 'xxxxxxxx', '12341234', '123123123', 'qwertyQWERTY', 'abcabcabcabc'],
    ...['87654321', '0123456789', '1234567890-', '0987654321', 'ABCDEFGH', 'poiuytrewq', 'lkjhgfdsa'],
    ...['31121990', '12311990', '19901231', '01012009']
  ]
  for (const password of guessed) t.equal(isCommon(password), true, password)

  const others = [PASSWORD, '🔑🔑🔑🔑🔑🔑🔑🔑', 'x'.repeat(13), 'abcdefgi', '31131990', 'password is it']
  for (const password of others) t.equal(isCommon(password), false, password)
})
