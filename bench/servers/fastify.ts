import Fastify from 'fastify'
import { TODO } from './todo.ts'

/* One Fastify route with a response schema, and nothing else: what all others are parts of. */

const properties = Object.fromEntries(
  Object.entries(TODO).map(([name, value]) => [name, { type: typeof value }])
)
const app = Fastify()
app.get('/', { schema: { response: { 200: { type: 'object', properties } } } }, async () => TODO)
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
