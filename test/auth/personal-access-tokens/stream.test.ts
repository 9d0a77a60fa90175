import t from 'tap'
import { follow, serveStreams } from '../../sync/stream/follow.ts'
import { createToken } from './token-service.ts'

const intervals = { check: 20 }
const end = (code: string) => ({ event: 'end', data: { code } })

t.test('a stream ends with its token, by its end or by its expiry, and others go on', async t => {
  const service = await serveStreams(t, {}, { streamIntervals: intervals })
  const { origin, call, signUp, clock } = service
  const { accessToken } = await signUp()
  const [revoked, expiring] = [
    await createToken(service, accessToken, { scopes: ['todos:read'] }),
    await createToken(service, accessToken, { scopes: ['todos:read'], expiresIn: 60 })
  ]
  const [first, second] = [
    await follow(t, origin, { token: revoked.token }),
    await follow(t, origin, { token: expiring.token })
  ]
  await Promise.all([first.untilCaughtUp(), second.untilCaughtUp()])
  t.equal((await call('DELETE', `/api/auth/tokens/${revoked.id}`, { token: accessToken })).status, 204)
  t.strictSame((await first.untilEnd()).slice(2), [end('personal_access_token_invalid')])
  t.equal(second.events().length, 2)
  clock.advance(60)
  t.strictSame((await second.untilEnd()).slice(2), [end('personal_access_token_expired')])
})

t.test('a change that comes after the end of the token is not sent', async t => {
  const service = await serveStreams(t, {}, { streamIntervals: { check: 100_000 } })
  const { origin, call, signUp } = service
  const { accessToken } = await signUp()
  const { id, token } = await createToken(service, accessToken, { scopes: ['todos:read'] })
  const stream = await follow(t, origin, { token })
  await stream.untilCaughtUp()
  await call('DELETE', `/api/auth/tokens/${id}`, { token: accessToken })
  await call('POST', '/api/todos', { token: accessToken, body: { title: 'secret' } })
  t.strictSame((await stream.untilEnd()).slice(2), [end('personal_access_token_invalid')])
})

t.test('an ended token cannot tell whether a todo exists', async t => {
  const service = await serveStreams(t)
  const { call, signUp } = service
  const { accessToken } = await signUp()
  const { id, token } = await createToken(service, accessToken)
  const { body: todo } = await call('POST', '/api/todos', { token, body: { title: 'Buy milk' } })
  const paths = [`/api/todos/${todo.id}`, '/api/todos/01a20996-fb6c-78b7-96ed-227b58a269d2']
  t.strictSame(
    await Promise.all(paths.map(async path => (await call('GET', path, { token })).status)),
    [200, 404]
  )
  await call('DELETE', `/api/auth/tokens/${id}`, { token: accessToken })
  const answers = await Promise.all(paths.map(path => call('GET', path, { token })))
  for (const { body } of answers)
    t.match(body, {
      status: 401,
      code: 'personal_access_token_invalid',
      detail: 'It was revoked, or it was damaged. Use another one.'
    })
})
