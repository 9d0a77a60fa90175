import t from 'tap'
import { expectedProblem, PASSWORD, serve } from '../support/service.ts'
import { afterAuthentication } from './signed-in.ts'

const NDJSON = { 'content-type': 'application/x-ndjson' }

/** Requests that create todos. */
const writes = {
  'a todo': ['/api/todos', { body: { title: 'late' } }],
  'a todo with a key': ['/api/todos', { body: { title: 'late' }, headers: { 'idempotency-key': 'late' } }],
  'a batch': ['/api/todos/batch', { body: { operations: [{ op: 'create', todo: { title: 'late' } }] } }],
  'an import': ['/api/todos/import', { body: '{"title":"late"}\n', headers: NDJSON }]
} as const

for (const [name, [path, request]] of Object.entries(writes))
  t.test(`[V7.4.2] ${name} that comes while its account is being deleted is refused`, async t => {
    const { app, call, signUp, lines } = await serve(t)
    const { accessToken: token } = await signUp()
    // The account exists when the token is checked, and is gone when the row is written.
    afterAuthentication(app, user =>
      app.accounts.deleteAccount(user, PASSWORD, { ip: '127.0.0.1', userAgent: null })
    )
    const answer = await call('POST', path, { token, ...request })
    t.strictSame(answer.body, expectedProblem(answer, 401, 'access_token_revoked', { action: 'sign-in' }))
    t.match(answer.headers['www-authenticate'], /^Bearer error="invalid_token"/)
    t.notMatch(lines.join(), '"level":50')
  })
