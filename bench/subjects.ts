import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Api } from './people.ts'

/** What is measured: a program that serves HTTP on `PORT`, and keeps its data in `DATABASE_FILE`. */
export interface Subject {
  readonly name: string
  readonly title: string
  /** What Node runs. */
  readonly program: string
  readonly settings?: NodeJS.ProcessEnv
  /** Where people are signed up; none for those that give everybody the same answer. */
  readonly api?: Api
  /** The names of the cases that it takes part in. */
  readonly cases: readonly string[]
}

export const bearer: Api = {
  register: '/api/auth/register',
  signIn: '/api/auth/login',
  account: username => ({ username }),
  headers: (_response, { accessToken }) => ({ authorization: `Bearer ${accessToken}` })
}

const cookies: Api = {
  register: '/api/auth/sign-up/email',
  signIn: '/api/auth/sign-in/email',
  account: name => ({ name }),
  headers: response => ({
    cookie: response.headers
      .getSetCookie()
      .map(cookie => cookie.split(';')[0])
      .join('; ')
  })
}

const server = (file: string) => join(import.meta.dirname, 'servers', file)
export const LATCHKEY = server('latchkey.ts')

export const PEERS = join(import.meta.dirname, 'peers')
const peer = (file: string) => join(PEERS, file)
/** Whether a subject needs the packages of bench/peers. */
export const isPeer = ({ program }: Subject) => program.startsWith(PEERS)
/** Whether those packages are there, and those that the lockfile names. */
export function arePeersInstalled(): boolean {
  const installed = peer('node_modules/.package-lock.json')
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(peer('package-lock.json')).mtimeMs
}

const READS = ['read', 'list']
const TODOS = [...READS, 'create', 'mixed']
const SIGN_INS = ['sign-in', 'storm']

export const subjects: readonly Subject[] = [
  { name: 'node:http', title: 'raw `node:http`', program: server('node-http.ts'), cases: ['read'] },
  {
    name: 'fastify',
    title: 'bare Fastify',
    program: server('fastify.ts'),
    cases: [...TODOS, 'refresh', 'slow-disk']
  },
  { name: 'hashing', title: 'hashing alone', program: server('hashing.ts'), cases: SIGN_INS },
  {
    name: 'latchkey',
    title: 'Latchkey',
    program: LATCHKEY,
    api: bearer,
    cases: [...TODOS, 'refresh', 'slow-disk', ...SIGN_INS]
  },
  {
    name: 'latchkey-warn',
    title: 'Latchkey, `LOG_LEVEL=warn`',
    program: LATCHKEY,
    settings: { LOG_LEVEL: 'warn' },
    api: bearer,
    cases: TODOS
  },
  {
    name: 'express',
    title: 'Express + jsonwebtoken + better-sqlite3',
    program: peer('express.js'),
    api: bearer,
    cases: [...TODOS, 'refresh', 'slow-disk', ...SIGN_INS]
  },
  {
    name: 'nest',
    title: 'NestJS + passport-jwt + TypeORM',
    program: peer('dist/nest/main.js'),
    api: bearer,
    cases: [...TODOS, 'refresh', ...SIGN_INS]
  },
  {
    name: 'hono',
    title: 'Hono + its jwt + Drizzle',
    program: peer('hono.js'),
    api: bearer,
    cases: [...TODOS, 'refresh', ...SIGN_INS]
  },
  {
    name: 'better-auth',
    title: 'better-auth, session from the database',
    program: peer('better-auth.js'),
    api: cookies,
    cases: [...TODOS, ...SIGN_INS]
  },
  {
    name: 'better-auth-cookie',
    title: 'better-auth, session from its cookie',
    program: peer('better-auth.js'),
    settings: { COOKIE_CACHE: 'on' },
    api: cookies,
    cases: READS
  }
]
