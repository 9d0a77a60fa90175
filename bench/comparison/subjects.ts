import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Api } from '../harness/people.ts'

/** A program to measure. It serves HTTP on `PORT`, and stores its data in `DATABASE_FILE`. */
export interface Subject {
  readonly name: string
  readonly title: string
  /** What Node runs. */
  readonly program: string
  readonly settings?: NodeJS.ProcessEnv
  /** How users are registered; undefined for subjects without users. */
  readonly api?: Api
  /** The names of the subject's cases. */
  readonly cases: readonly string[]
}

export const bearerApi: Api = {
  register: '/api/auth/register',
  signIn: '/api/auth/login',
  account: username => ({ username }),
  headers: (_response, { accessToken }) => ({ authorization: `Bearer ${accessToken}` })
}

const cookieApi: Api = {
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

const toServerPath = (file: string) => join(import.meta.dirname, '../servers', file)
export const LATCHKEY = toServerPath('latchkey.ts')

export const PEERS = join(import.meta.dirname, '../peers')
const toPeerPath = (file: string) => join(PEERS, file)
/** Whether a subject needs the packages of bench/peers. */
export const isPeer = ({ program }: Subject) => program.startsWith(PEERS)
/** Whether these packages are installed, as the lockfile names them. */
export function arePeersInstalled(): boolean {
  const installed = toPeerPath('node_modules/.package-lock.json')
  return (
    existsSync(installed) && statSync(installed).mtimeMs >= statSync(toPeerPath('package-lock.json')).mtimeMs
  )
}

const READ_CASES = ['read', 'list']
const TODO_CASES = [...READ_CASES, 'create', 'mixed']
const SIGN_IN_CASES = ['sign-in', 'storm']

export const subjects: readonly Subject[] = [
  { name: 'node:http', title: 'raw `node:http`', program: toServerPath('node-http.ts'), cases: ['read'] },
  {
    name: 'fastify',
    title: 'bare Fastify',
    program: toServerPath('fastify.ts'),
    cases: [...TODO_CASES, 'refresh', 'slow-disk']
  },
  { name: 'hashing', title: 'hashing alone', program: toServerPath('hashing.ts'), cases: SIGN_IN_CASES },
  {
    name: 'latchkey',
    title: 'Latchkey',
    program: LATCHKEY,
    api: bearerApi,
    cases: [...TODO_CASES, 'refresh', 'slow-disk', ...SIGN_IN_CASES]
  },
  {
    name: 'latchkey-warn',
    title: 'Latchkey, `LOG_LEVEL=warn`',
    program: LATCHKEY,
    settings: { LOG_LEVEL: 'warn' },
    api: bearerApi,
    cases: TODO_CASES
  },
  {
    name: 'express',
    title: 'Express + jsonwebtoken + better-sqlite3',
    program: toPeerPath('express.js'),
    api: bearerApi,
    cases: [...TODO_CASES, 'refresh', 'slow-disk', ...SIGN_IN_CASES]
  },
  {
    name: 'nest',
    title: 'NestJS + passport-jwt + TypeORM',
    program: toPeerPath('dist/nest/main.js'),
    api: bearerApi,
    cases: [...TODO_CASES, 'refresh', ...SIGN_IN_CASES]
  },
  {
    name: 'hono',
    title: 'Hono + its jwt + Drizzle',
    program: toPeerPath('hono.js'),
    api: bearerApi,
    cases: [...TODO_CASES, 'refresh', ...SIGN_IN_CASES]
  },
  {
    name: 'better-auth',
    title: 'better-auth, session from the database',
    program: toPeerPath('better-auth.js'),
    api: cookieApi,
    cases: [...TODO_CASES, ...SIGN_IN_CASES]
  },
  {
    name: 'better-auth-cookie',
    title: 'better-auth, session from its cookie',
    program: toPeerPath('better-auth.js'),
    settings: { COOKIE_CACHE: 'on' },
    api: cookieApi,
    cases: READ_CASES
  }
]
