/*
 * Hono on Node + its jwt middleware + Drizzle on better-sqlite3, as their documentation shows them. Tuned: Drizzle's
 * statements are prepared once, WAL, integer keys.
 */
import { createHash, randomBytes } from 'node:crypto'
import { serve } from '@hono/node-server'
import argon2 from 'argon2'
import Database from 'better-sqlite3'
import { and, eq, gt, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { Hono } from 'hono'
import { jwt, sign, verify } from 'hono/jwt'
import { validator } from 'hono/validator'

const { PORT, DATABASE_FILE, JWT_SECRET } = process.env
const HASHING = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const HOUR = 3600
const REFRESH_TTL = 30 * 86_400_000

const users = sqliteTable('users', {
  id: integer().primaryKey(),
  username: text().notNull(),
  email: text().notNull().unique(),
  password: text().notNull()
})
const refreshTokens = sqliteTable('refresh_tokens', {
  id: integer().primaryKey(),
  userId: integer('user_id').notNull(),
  token: text().notNull().unique(),
  used: integer({ mode: 'boolean' }).notNull().default(false),
  expiresAt: integer('expires_at', { mode: 'timestamp_ms' }).notNull()
})
const todos = sqliteTable(
  'todos',
  {
    id: integer().primaryKey(),
    userId: integer('user_id').notNull(),
    title: text().notNull(),
    description: text(),
    done: integer({ mode: 'boolean' }).notNull().default(false),
    createdAt: integer('created_at', { mode: 'timestamp_ms' }).notNull(),
    updatedAt: integer('updated_at', { mode: 'timestamp_ms' }).notNull()
  },
  table => [index('todos_of_user').on(table.userId, table.id)]
)

const sqlite = new Database(DATABASE_FILE)
sqlite.pragma('journal_mode = WAL')
sqlite.pragma('synchronous = FULL')
sqlite.exec(`
  CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT NOT NULL, email TEXT NOT NULL UNIQUE, password TEXT NOT NULL);
  CREATE TABLE refresh_tokens (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, token TEXT NOT NULL UNIQUE, used INTEGER NOT NULL DEFAULT 0,
    expires_at INTEGER NOT NULL
  );
  CREATE TABLE todos (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, title TEXT NOT NULL, description TEXT,
    done INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
  );
  CREATE INDEX todos_of_user ON todos (user_id, id);
`)
const db = drizzle(sqlite)

const given = sql.placeholder
const addUser = db
  .insert(users)
  .values({ username: given('username'), email: given('email'), password: given('password') })
  .returning({ id: users.id })
  .prepare()
const findUser = db
  .select()
  .from(users)
  .where(eq(users.email, given('email')))
  .prepare()
const addRefreshToken = db
  .insert(refreshTokens)
  .values({ userId: given('userId'), token: given('token'), expiresAt: given('expiresAt') })
  .prepare()
const findRefreshToken = db
  .select()
  .from(refreshTokens)
  .where(eq(refreshTokens.token, given('token')))
  .prepare()
const useRefreshToken = db
  .update(refreshTokens)
  .set({ used: true })
  .where(and(eq(refreshTokens.id, given('id')), eq(refreshTokens.used, false)))
  .prepare()
const findTodo = db
  .select()
  .from(todos)
  .where(and(eq(todos.id, given('id')), eq(todos.userId, given('userId'))))
  .prepare()
const listTodos = db
  .select()
  .from(todos)
  .where(and(eq(todos.userId, given('userId')), gt(todos.id, given('cursor'))))
  .orderBy(todos.id)
  .limit(given('limit'))
  .prepare()
const addTodo = db
  .insert(todos)
  .values({
    userId: given('userId'),
    title: given('title'),
    description: given('description'),
    createdAt: given('now'),
    updatedAt: given('now')
  })
  .returning()
  .prepare()

const digest = token => createHash('sha256').update(token).digest('base64url')

/** Two steps, for a transaction of better-sqlite3 cannot wait for Web Crypto. */
function addPair(userId) {
  const refreshToken = randomBytes(32).toString('base64url')
  addRefreshToken.run({ userId, token: digest(refreshToken), expiresAt: new Date(Date.now() + REFRESH_TTL) })
  return refreshToken
}
const accessTokenOf = userId =>
  sign({ sub: userId, exp: Math.floor(Date.now() / 1000) + HOUR }, JWT_SECRET, 'HS256')

const app = new Hono()
const authenticate = jwt({ secret: JWT_SECRET, alg: 'HS256' })
const userOf = c => c.get('jwtPayload').sub

app.post('/api/auth/register', async c => {
  const { username, email, password } = await c.req.json()
  const user = addUser.get({ username, email, password: await argon2.hash(password, HASHING) })
  return c.json({ accessToken: await accessTokenOf(user.id), refreshToken: addPair(user.id) }, 201)
})

app.post('/api/auth/login', async c => {
  const { email, password } = await c.req.json()
  const user = findUser.get({ email })
  if (!user || !(await argon2.verify(user.password, password)))
    return c.json({ error: 'invalid credentials' }, 401)
  return c.json({ accessToken: await accessTokenOf(user.id), refreshToken: addPair(user.id) })
})

app.post('/api/auth/refresh', async c => {
  const body = await c.req.json()
  const { sub } = await verify(body.accessToken, JWT_SECRET, { alg: 'HS256', exp: false })
  const found = findRefreshToken.get({ token: digest(body.refreshToken) })
  const isGood = found && found.userId === sub && found.expiresAt > new Date()
  const refreshToken =
    isGood && db.transaction(() => useRefreshToken.run({ id: found.id }).changes === 1 && addPair(sub))
  if (!refreshToken) return c.json({ error: 'invalid refresh token' }, 401)
  return c.json({ accessToken: await accessTokenOf(sub), refreshToken })
})

app.get('/api/todos', authenticate, c => {
  const { cursor = 0, limit = 50 } = c.req.query()
  const items = listTodos.all({ userId: userOf(c), cursor: Number(cursor), limit: Number(limit) })
  return c.json({ items, nextCursor: items.at(-1)?.id ?? null })
})

const withTitle = validator('json', ({ title, description = null }, c) =>
  typeof title === 'string' && title !== ''
    ? { title, description }
    : c.json({ error: 'a title is needed' }, 400)
)
app.post('/api/todos', authenticate, withTitle, c => {
  const todo = addTodo.get({ userId: userOf(c), ...c.req.valid('json'), now: new Date() })
  return c.json(todo, 201)
})

app.get('/api/todos/:id', authenticate, c => {
  const todo = findTodo.get({ id: Number(c.req.param('id')), userId: userOf(c) })
  return todo ? c.json(todo) : c.json({ error: 'not found' }, 404)
})

serve({ fetch: app.fetch, port: Number(PORT), hostname: '127.0.0.1' })
