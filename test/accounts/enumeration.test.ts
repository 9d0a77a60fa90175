import t, { type Test } from 'tap'
import { createInsertUser } from '../../src/auth/registration/insert-user.ts'
import type { Answer, Service } from '../support/service.ts'
import { PASSWORD } from '../support/service.ts'
import { isHalfOf, median, timeOf } from '../support/timing.ts'
import { serveMail } from './mail-service.ts'

const ROUNDS = 20
/** Of each network come fewer mails than are allowed in an hour. */
const toNetworkHeader = (round: number) => ({ 'x-forwarded-for': `198.51.100.${round + 1}` })

/** A route that is given an e-mail, for which there is an account or none. */
type Ask = (service: Service, email: string, round: number) => Promise<Answer>

const routes: Record<string, { settings: object; ask: Ask }> = {
  'POST /api/auth/password/reset-request': {
    settings: {},
    ask: ({ call }, email, round) =>
      call('POST', '/api/auth/password/reset-request', { body: { email }, headers: toNetworkHeader(round) })
  },
  'POST /api/auth/register with SIGN_UP=verified': {
    settings: { SIGN_UP: 'verified' },
    ask: ({ call }, email, round) =>
      call('POST', '/api/auth/register', {
        body: { username: `name-${email.split('@')[0]}`, email, password: PASSWORD },
        headers: toNetworkHeader(round)
      })
  },
  'PUT /api/auth/email': {
    settings: {},
    async ask(service, email, round) {
      // Each round has an account of its own, for a change counts by the account.
      const token = tokens.get(service)?.[round * 2 + (email.startsWith('known') ? 0 : 1)]
      const body = { email, currentPassword: PASSWORD }
      return service.call('PUT', '/api/auth/email', { token, body, headers: toNetworkHeader(round) })
    }
  }
}

const tokens = new WeakMap<Service, string[]>()

/** Makes accounts past the routes, whatever they are set up for. */
async function makeAccounts({ app }: Service, names: readonly string[]): Promise<string[]> {
  const { sessions, store, passwordHasher } = app
  const passwordHash = await passwordHasher.hash(PASSWORD)
  const { bindInsert } = createInsertUser(store)
  return Promise.all(
    names.map(async username => {
      const { user, statements } = bindInsert({
        username,
        email: `${username}@example.org`,
        passwordHash,
        emailVerified: true
      })
      await store.atomically(...statements)
      const pair = await sessions.start({ ...user, passwordVersion: 0 }, { ip: '192.0.2.1', userAgent: null })
      return pair.accessToken
    })
  )
}

/** What a client sees of an answer but for what differs each time. */
const toShape = ({ status, headers, body }: Answer) => ({
  status,
  headers: Object.keys(headers),
  members: Object.keys(body)
})

async function compare(t: Test, ask: Ask, settings: object) {
  const service = await serveMail(t, { TRUST_PROXY: 'true', ...settings })
  const rounds = Array.from({ length: ROUNDS }, (_, index) => index)
  await makeAccounts(
    service,
    rounds.map(round => `known${round}`)
  )
  tokens.set(
    service,
    await makeAccounts(
      service,
      rounds.flatMap(round => [`asking${round}a`, `asking${round}b`])
    )
  )
  const writes = () => service.app.store.writeCounts?.get('write') ?? 0
  const found = { known: [] as number[], unknown: [] as number[] }
  // The sender of mails may write meanwhile.
  const fewest = { known: Number.POSITIVE_INFINITY, unknown: Number.POSITIVE_INFINITY }
  const seen = { known: new Set<string>(), unknown: new Set<string>() }
  for (const round of rounds) {
    const kinds = ['known', 'unknown'] as const
    // In turn the one first and the other, so that a machine that gets slower favours neither.
    for (const kind of round % 2 ? kinds : kinds.toReversed()) {
      await service.takeMails()
      const before = writes()
      let answer: Answer | undefined
      found[kind].push(
        await timeOf(async () => {
          answer = await ask(service, `${kind}${round}@example.org`, round)
        })
      )
      const written = writes() - before
      fewest[kind] = Math.min(fewest[kind], written)
      if (answer) seen[kind].add(JSON.stringify(toShape(answer)))
    }
  }
  t.strictSame([...seen.known], [...seen.unknown], 'status, headers and members are the same')
  t.equal(fewest.known, fewest.unknown, 'and so are the writes')
  const medians = { known: median(found.known), unknown: median(found.unknown) }
  t.notOk(isHalfOf(found.unknown, found.known), 'unknown is no faster', { medians })
  t.notOk(isHalfOf(found.known, found.unknown), 'known is no faster', { medians })
}

for (const [name, { ask, settings }] of Object.entries(routes))
  t.test(`[V6.3.8-mail] ${name} tells by nothing whether an e-mail has an account`, t =>
    compare(t, ask, settings)
  )
