import t from 'tap'
import type { serve } from '../support/service.ts'
import { createTodoBackend } from './todo-backend.ts'

/*
 * What the specification of Todo-Backend (todobackend.com) asks of a service in its 16 tests, each here under a sentence of
 * its own, put to this service by way of an adapter.
 */

type Test = Parameters<typeof serve>[0]
type Request = Awaited<ReturnType<typeof createTodoBackend>>

/** A test of the specification on a service without todos. */
const specify = (sentence: string, check: (t: Test, request: Request) => Promise<void>) =>
  t.test(sentence, async t => check(t, await createTodoBackend(t)))

/** Creates a todo. @returns its url */
const urlOfNew = async (request: Request, todo = {}) =>
  (await request('POST', '/', { title: 'blah', ...todo })).body.url as string

specify('the root answers a GET from a page of another origin', async (t, request) => {
  t.match(await request('GET'), { status: 200, headers: { 'access-control-allow-origin': '*' } })
})

specify('the root answers a POST with the todo that was posted', async (t, request) => {
  t.match(await request('POST', '/', { title: 'a todo' }), { status: 201, body: { title: 'a todo' } })
})

specify('the root takes a DELETE', async (t, request) => {
  t.match(await request('DELETE'), { status: 200 })
})

specify('after a DELETE the root answers a GET with an empty array', async (t, request) => {
  for (let count = 0; count < 120; count++) await request('POST', '/', { title: 'x' })
  t.equal((await request('GET')).body.length, 120)
  await request('DELETE')
  t.strictSame((await request('GET')).body, [])
})

specify('a todo that is posted to the root is in its list', async (t, request) => {
  await request('POST', '/', { title: 'walk the dog' })
  const { body } = await request('GET')
  t.equal(body.length, 1)
  t.equal(body[0].title, 'walk the dog')
})

specify('a new todo is not completed', async (t, request) => {
  t.equal((await request('POST', '/', { title: 'blah' })).body.completed, false)
  t.equal((await request('GET')).body[0].completed, false)
})

specify('a new todo has a url', async (t, request) => {
  t.type((await request('POST', '/', { title: 'blah' })).body.url, 'string')
  t.type((await request('GET')).body[0].url, 'string')
})

specify('the url of a new todo leads to it', async (t, request) => {
  const url = await urlOfNew(request, { title: 'my todo' })
  t.match(await request('GET', url), { status: 200, body: { title: 'my todo' } })
})

specify('from the list the urls lead to each todo', async (t, request) => {
  await Promise.all(['todo the first', 'todo the second'].map(title => request('POST', '/', { title })))
  const { body } = await request('GET')
  t.equal(body.length, 2)
  for (const { url, title } of body) t.match(await request('GET', url), { status: 200, body: { title } })
})

specify('a PATCH to its url changes the title of a todo', async (t, request) => {
  const url = await urlOfNew(request, { title: 'initial title' })
  t.match(await request('PATCH', url, { title: 'bathe the cat' }), {
    status: 200,
    body: { title: 'bathe the cat' }
  })
})

specify('a PATCH to its url changes whether a todo is completed', async (t, request) => {
  const url = await urlOfNew(request)
  t.match(await request('PATCH', url, { completed: true }), { status: 200, body: { completed: true } })
})

specify('a change lasts: it shows at the url and in the list', async (t, request) => {
  const url = await urlOfNew(request)
  const changed = { title: 'changed title', completed: true }
  const { body: patched } = await request('PATCH', url, changed)
  t.match((await request('GET', patched.url)).body, changed)
  const { body } = await request('GET')
  t.equal(body.length, 1)
  t.match(body[0], changed)
})

specify('a DELETE to its url removes a todo', async (t, request) => {
  const url = await urlOfNew(request)
  t.equal((await request('DELETE', url)).status, 200)
  t.strictSame((await request('GET')).body, [])
  t.equal((await request('GET', url)).status, 404)
})

specify('a todo can be made with an order', async (t, request) => {
  t.match(await request('POST', '/', { title: 'blah', order: 523 }), { status: 201, body: { order: 523 } })
})

specify('a PATCH changes the order of a todo', async (t, request) => {
  const url = await urlOfNew(request, { order: 10 })
  t.match(await request('PATCH', url, { order: 95 }), { status: 200, body: { order: 95 } })
})

specify('a change of the order lasts', async (t, request) => {
  const url = await urlOfNew(request, { order: 10 })
  const { body: patched } = await request('PATCH', url, { order: 95 })
  t.equal((await request('GET', patched.url)).body.order, 95)
})
