import { createServer } from 'node:http'
import { TODO } from './todo.ts'

/* The same answer as the bare Fastify's, by nothing but Node. */

const server = createServer((_request, response) => {
  const body = JSON.stringify(TODO)
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body)
  })
  response.end(body)
})
server.listen(Number(process.env.PORT), '127.0.0.1')
