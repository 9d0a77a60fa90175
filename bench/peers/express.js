/*
 * Express 5 + jsonwebtoken + better-sqlite3, as their documentation shows them: a middleware that verifies the token,
 * statements prepared once, WAL. Tuned: no ETag and no X-Powered-By; integer keys.
 */
import { createHash, randomBytes } from 'node:crypto'
import argon2 from 'argon2'
import Database from 'better-sqlite3'
import express from 'express'
import jwt from 'jsonwebtoken'

const { PORT, DATABASE_FILE, JWT_SECRET } = process.env
const HASHING = { type: argon2.argon2id, memoryCost: 19_456, timeCost: 2, parallelism: 1 }
const REFRESH_TTL = 30 * 86_400_000

const db = new Database(DATABASE_FILE)
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
db.exec(`
  CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT NOT NULL, email TEXT NOT NULL UNIQUE, password TEXT NOT NULL);
  CREATE TABLE refresh_tokens (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), token TEXT NOT NULL UNIQUE,
    used INTEGER NOT NULL DEFAULT 0, expires_at INTEGER NOT NULL
  );
  CREATE TABLE todos (
    id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), title TEXT NOT NULL, description TEXT,
    done INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
  );
  CREATE INDEX todos_of_user ON todos (user_id, id);
`)

const addUser = db.prepare('INSERT INTO users (username, email, password) VALUES (?, ?, ?)')
const findUser = db.prepare('SELECT * FROM users WHERE email = ?')
const addRefreshToken = db.prepare('INSERT INTO refresh_tokens (user_id, token, expires_at) VALUES (?, ?, ?)')
const findRefreshToken = db.prepare('SELECT * FROM refresh_tokens WHERE token = ?')
const useRefreshToken = db.prepare('UPDATE refresh_tokens SET used = 1 WHERE id = ? AND used = 0')
const findTodo = db.prepare('SELECT * FROM todos WHERE id = ? AND user_id = ?')
const listTodos = db.prepare('SELECT * FROM todos WHERE user_id = ? AND id > ? ORDER BY id LIMIT ?')
const addTodo = db.prepare(
  'INSERT INTO todos (user_id, title, description, created_at, updated_at) VALUES (?, ?, ?, ?, ?) RETURNING *'
)

const digest = token => createHash('sha256').update(token).digest('base64url')

function issue(userId) {
  const refreshToken = randomBytes(32).toString('base64url')
  addRefreshToken.run(userId, digest(refreshToken), Date.now() + REFRESH_TTL)
  return { accessToken: jwt.sign({ sub: String(userId) }, JWT_SECRET, { expiresIn: '1h' }), refreshToken }
}

const rotate = db.transaction(({ id, user_id }) =>
  useRefreshToken.run(id).changes === 1 ? issue(user_id) : null
)

function authenticate(req, res, next) {
  const [, token] = (req.headers.authorization ?? '').split(' ')
  jwt.verify(token, JWT_SECRET, { algorithms: ['HS256'] }, (error, claims) => {
    if (error) return res.status(401).json({ error: 'unauthorized' })
    req.userId = Number(claims.sub)
    next()
  })
}

const todoOf = row => ({
  id: row.id,
  title: row.title,
  description: row.description,
  done: row.done === 1,
  createdAt: row.created_at,
  updatedAt: row.updated_at
})

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.use(express.json())

app.post('/api/auth/register', async (req, res) => {
  const { username, email, password } = req.body
  const { lastInsertRowid } = addUser.run(username, email, await argon2.hash(password, HASHING))
  res.status(201).json(issue(lastInsertRowid))
})

app.post('/api/auth/login', async (req, res) => {
  const user = findUser.get(req.body.email)
  if (!user || !(await argon2.verify(user.password, req.body.password)))
    return res.status(401).json({ error: 'invalid credentials' })
  res.json(issue(user.id))
})

app.post('/api/auth/refresh', (req, res) => {
  const { sub } = jwt.verify(req.body.accessToken, JWT_SECRET, {
    algorithms: ['HS256'],
    ignoreExpiration: true
  })
  const found = findRefreshToken.get(digest(req.body.refreshToken))
  const isGood = found && found.user_id === Number(sub) && found.expires_at > Date.now()
  const pair = isGood ? rotate(found) : null
  if (!pair) return res.status(401).json({ error: 'invalid refresh token' })
  res.json(pair)
})

app.get('/api/todos', authenticate, (req, res) => {
  const rows = listTodos.all(req.userId, Number(req.query.cursor ?? 0), Number(req.query.limit ?? 50))
  res.json({ items: rows.map(todoOf), nextCursor: rows.at(-1)?.id ?? null })
})

app.post('/api/todos', authenticate, (req, res) => {
  const { title, description = null } = req.body
  if (typeof title !== 'string' || title === '') return res.status(400).json({ error: 'a title is needed' })
  const now = new Date().toISOString()
  res.status(201).json(todoOf(addTodo.get(req.userId, title, description, now, now)))
})

app.get('/api/todos/:id', authenticate, (req, res) => {
  const row = findTodo.get(Number(req.params.id), req.userId)
  if (!row) return res.status(404).json({ error: 'not found' })
  res.json(todoOf(row))
})

app.listen(Number(PORT), '127.0.0.1')
