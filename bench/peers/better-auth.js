/*
 * better-auth with e-mail and password, mounted on Hono as its documentation shows, on better-sqlite3. Todos stand
 * behind its session check: from the database or, with COOKIE_CACHE=on, from its signed cookie. Tuned: argon2id at the
 * cost of the others instead of scrypt, with the library of its documentation's example; no rate limit; statements of
 * todos prepared once; WAL.
 */
import { serve } from '@hono/node-server'
import { hash, verify } from '@node-rs/argon2'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import Database from 'better-sqlite3'
import { Hono } from 'hono'

const { PORT, DATABASE_FILE, JWT_SECRET, COOKIE_CACHE } = process.env
const HASHING = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

const db = new Database(DATABASE_FILE)
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')

const auth = betterAuth({
  baseURL: `http://127.0.0.1:${PORT}`,
  secret: JWT_SECRET,
  database: db,
  emailAndPassword: {
    enabled: true,
    password: {
      hash: password => hash(password, HASHING),
      verify: ({ hash: hashed, password }) => verify(hashed, password)
    }
  },
  session: { cookieCache: { enabled: COOKIE_CACHE === 'on', maxAge: 3600 } },
  rateLimit: { enabled: false },
  telemetry: { enabled: false }
})
const { runMigrations } = await getMigrations(auth.options)
await runMigrations()

db.exec(`
  CREATE TABLE todos (
    id INTEGER PRIMARY KEY, userId TEXT NOT NULL, title TEXT NOT NULL, description TEXT,
    done INTEGER NOT NULL DEFAULT 0, createdAt TEXT NOT NULL, updatedAt TEXT NOT NULL
  );
  CREATE INDEX todos_of_user ON todos (userId, id);
`)
const findTodo = db.prepare('SELECT * FROM todos WHERE id = ? AND userId = ?')
const listTodos = db.prepare('SELECT * FROM todos WHERE userId = ? AND id > ? ORDER BY id LIMIT ?')
const addTodo = db.prepare(
  'INSERT INTO todos (userId, title, description, createdAt, updatedAt) VALUES (?, ?, ?, ?, ?) RETURNING *'
)
const todoOf = row => ({ ...row, done: row.done === 1 })

const app = new Hono()
app.on(['POST', 'GET'], '/api/auth/*', c => auth.handler(c.req.raw))

app.use('/api/todos/*', async (c, next) => {
  const session = await auth.api.getSession({ headers: c.req.raw.headers })
  if (!session) return c.json({ error: 'unauthorized' }, 401)
  c.set('userId', session.user.id)
  await next()
})

app.get('/api/todos', c => {
  const { cursor = 0, limit = 50 } = c.req.query()
  const items = listTodos.all(c.get('userId'), Number(cursor), Number(limit)).map(todoOf)
  return c.json({ items, nextCursor: items.at(-1)?.id ?? null })
})

app.post('/api/todos', async c => {
  const { title, description = null } = await c.req.json()
  if (typeof title !== 'string' || title === '') return c.json({ error: 'a title is needed' }, 400)
  const now = new Date().toISOString()
  return c.json(todoOf(addTodo.get(c.get('userId'), title, description, now, now)), 201)
})

app.get('/api/todos/:id', c => {
  const row = findTodo.get(Number(c.req.param('id')), c.get('userId'))
  return row ? c.json(todoOf(row)) : c.json({ error: 'not found' }, 404)
})

serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' })
