import t from 'tap'
import { readChangeStream } from '../../../src/client/changes/change-stream.ts'
import { createPlatform } from '../../../src/client/platform.ts'

t.test('a stream that comes after its signal was aborted is not read', async t => {
  let isCancelled = false
  const response = new Response(
    new ReadableStream({
      cancel() {
        isCancelled = true
      }
    })
  )
  const pages = readChangeStream(createPlatform({}), response, AbortSignal.abort(), () => {})
  t.strictSame(await pages.next().catch(error => error.name), { value: undefined, done: true })
  t.ok(isCancelled)
})
