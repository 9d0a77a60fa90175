import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { authTables } from '../../src/auth/tables.ts'
import { codeOf, parameterOf } from '../support/mailbox.ts'
import { createRandom } from '../support/random.ts'
import { PASSWORD, type Pair, type Service } from '../support/service.ts'
import { serveMail } from './mail-service.ts'

/** More of them for who has the time; a failure names its seed. */
const RUNS = Number(process.env.MODEL_RUNS ?? 3) * 8
const MAX_OPERATIONS = 4

const ORIGINAL = 'original'
const PRESENT = 'present'
const NEXT = 'next'
const PASSWORDS = [
  PASSWORD,
  'first horse, first staple',
  'second horse, second staple',
  'third horse, third staple'
]

/** An account as far as these operations see it. */
interface Account {
  email: string
  password: string
  /** Whether the links to reset the password, the code and the link to the original e-mail are good. */
  hasLinks: boolean
  hasCode: boolean
  canRevert: boolean
  isSignedIn: boolean
  /** Whether a request that was not authenticated before would be refused. */
  isStale: boolean
  isDeleted: boolean
}

/** Something that is done to the account, and what the model says of it. */
interface Operation {
  readonly name: string
  /** @returns whether the operation succeeded */
  readonly run: (context: Context) => Promise<boolean>
  /** @returns the account after the operation; undefined when it must fail */
  readonly apply: (account: Account) => Account | undefined
  /** Whether the operation asks for the session. */
  readonly isSigned?: boolean
}

interface Context {
  readonly service: Service
  readonly pair: Pair
  readonly emails: Record<string, string>
  readonly resetTokens: readonly string[]
  readonly revertToken: string
  readonly challenge: { challengeId: string; code: string }
}

const post = async ({ service }: Context, path: string, body: object) =>
  (await service.call('POST', `/api/auth/${path}`, { body })).status < 300
const send = async ({ service, pair }: Context, method: string, path: string, body: object) =>
  (await service.call(method, `/api/auth/${path}`, { token: pair.accessToken, body })).status < 300

const reset = (link: number, newPassword: string, endSessions: boolean): Operation => ({
  name: `reset by link ${link}${endSessions ? '' : ', sessions go on'}`,
  run: context =>
    post(context, 'password/reset', { token: context.resetTokens[link], newPassword, endSessions }),
  apply: account =>
    account.hasLinks && !account.isDeleted
      ? {
          ...account,
          password: newPassword,
          hasLinks: false,
          hasCode: false,
          isSignedIn: account.isSignedIn && !endSessions,
          isStale: true
        }
      : undefined
})

const [, FIRST = '', SECOND = '', THIRD = ''] = PASSWORDS

const OPERATIONS: readonly Operation[] = [
  reset(0, FIRST, true),
  reset(1, SECOND, true),
  reset(0, SECOND, false),
  {
    name: 'change the password',
    isSigned: true,
    run: context => send(context, 'PUT', 'password', { currentPassword: PASSWORD, newPassword: THIRD }),
    apply: account =>
      account.isSignedIn && account.password === PASSWORD
        ? { ...account, password: THIRD, hasLinks: false, hasCode: false, isStale: true }
        : undefined
  },
  {
    name: 'confirm the new e-mail',
    isSigned: true,
    run: context => send(context, 'POST', 'email/confirm', context.challenge),
    apply: account =>
      account.isSignedIn && account.hasCode
        ? { ...account, email: NEXT, hasLinks: false, hasCode: false, isStale: true }
        : undefined
  },
  {
    name: 'revert the e-mail',
    run: context => post(context, 'email/revert', { token: context.revertToken }),
    apply: account =>
      account.canRevert && !account.isDeleted
        ? {
            ...account,
            email: ORIGINAL,
            hasLinks: false,
            hasCode: false,
            canRevert: false,
            isSignedIn: false,
            isStale: true
          }
        : undefined
  },
  {
    name: 'sign in with the present e-mail and the old password',
    run: context => post(context, 'login', { email: context.emails[PRESENT], password: PASSWORD }),
    apply: account =>
      account.email === PRESENT && account.password === PASSWORD && !account.isDeleted ? account : undefined
  },
  {
    name: 'delete the account',
    isSigned: true,
    run: context => send(context, 'DELETE', 'me', { password: PASSWORD }),
    apply: account =>
      account.isSignedIn && account.password === PASSWORD
        ? { ...account, isSignedIn: false, isDeleted: true }
        : undefined
  }
]

/** An account whose e-mail was changed once, with two links to reset, a link to revert, and a code to change it again. */
async function prepare(service: Service, run: number): Promise<Context> {
  const { call, takeMails, signUp } = service
  // The mails of a network are counted by the hour.
  service.clock.advance(3600)
  const emails = {
    [ORIGINAL]: `original${run}@example.org`,
    [PRESENT]: `present${run}@example.org`,
    [NEXT]: `next${run}@example.org`
  }
  let pair = await signUp({ username: `user-${run}`, email: `${emails[ORIGINAL]}` })
  await takeMails()
  const askForChange = async (email: string | undefined) => {
    const body = { email, currentPassword: PASSWORD }
    const answer = await call('PUT', '/api/auth/email', { token: pair.accessToken, body })
    const [mail] = await takeMails()
    return { challengeId: answer.body.challengeId, code: mail ? codeOf(mail) : '' }
  }
  const first = await askForChange(emails[PRESENT])
  const changed = await call('POST', '/api/auth/email/confirm', { token: pair.accessToken, body: first })
  pair = changed.body
  const [notice] = await takeMails()
  const challenge = await askForChange(emails[NEXT])
  const resetTokens: string[] = []
  for (let link = 0; link < 2; link++) {
    await call('POST', '/api/auth/password/reset-request', { body: { email: emails[PRESENT] } })
    const [mail] = await takeMails()
    resetTokens.push(mail ? parameterOf(mail, 'token') : '')
  }
  return {
    service,
    pair,
    emails,
    resetTokens,
    revertToken: notice ? parameterOf(notice, 'token') : '',
    challenge
  }
}

const START: Account = {
  email: PRESENT,
  password: PASSWORD,
  hasLinks: true,
  hasCode: true,
  canRevert: true,
  isSignedIn: true,
  isStale: false,
  isDeleted: false
}

/** All accounts that the outcomes allow, whatever the order in which the operations took effect. */
function findPossibleAccounts(account: Account, outcomes: readonly [Operation, boolean][]): Account[] {
  if (outcomes.length === 0) return [account]
  return outcomes.flatMap(([operation, hasSucceeded], index) => {
    const rest = outcomes.toSpliced(index, 1)
    const after = operation.apply(account)
    // A stale token may have been looked at before it became stale, or after.
    const mayFail = after === undefined || (operation.isSigned && account.isStale)
    if (hasSucceeded) return after ? findPossibleAccounts(after, rest) : []
    return mayFail ? findPossibleAccounts(account, rest) : []
  })
}

/** What the database says of the account. */
async function observe({ service, pair, emails }: Context) {
  const { store, passwordHasher } = service.app
  const { users, sessions } = authTables(store.kit)
  const user = (await store.db.select().from(users)).find(({ id }) => id === pair.user.id)
  if (!user) return { isDeleted: true }
  const live = (await store.db.select().from(sessions)).filter(
    ({ userId, endedAt }) => userId === user.id && !endedAt
  )
  const password = await findAsync(
    PASSWORDS,
    async candidate => (await passwordHasher.verify(candidate, user.passwordHash)) !== 'wrong'
  )
  const email = Object.keys(emails).find(name => emails[name] === user.email)
  return { isDeleted: false, email, password, hasSession: live.length > 0 }
}

async function findAsync<Item>(items: readonly Item[], matches: (item: Item) => Promise<boolean>) {
  for (const item of items) if (await matches(item)) return item
  return undefined
}

t.test(
  '[RESURRECT] whatever meets a reset, a change or a revert, some order explains the outcome',
  async t => {
    const service = await serveMail(t)
    for (let run = 0; run < RUNS; run++) {
      const random = createRandom(run)
      const context = await prepare(service, run)
      const count = 2 + Math.floor(random() * (MAX_OPERATIONS - 1))
      const chosen = Array.from(
        { length: count },
        () => OPERATIONS[Math.floor(random() * OPERATIONS.length)] as Operation
      )
      const outcomes = await Promise.all(
        chosen.map(async (operation): Promise<[Operation, boolean]> => {
          for (let turns = Math.floor(random() * 6); turns > 0; turns--) await turn()
          return [operation, await operation.run(context)]
        })
      )
      const observed = await observe(context)
      const hasSignIn = outcomes.some(([{ name }, succeeded]) => succeeded && name.startsWith('sign in'))
      const isExplained = findPossibleAccounts(START, outcomes).some(
        account =>
          account.isDeleted === observed.isDeleted &&
          (account.isDeleted ||
            (account.email === observed.email &&
              account.password === observed.password &&
              // A sign-in that came after has a session of its own.
              (account.isSignedIn === observed.hasSession || (hasSignIn && observed.hasSession))))
      )
      const story = outcomes.map(([{ name }, succeeded]) => `${name}: ${succeeded ? 'done' : 'refused'}`)
      t.ok(isExplained, `run ${run}`, { story, observed })
      await service.takeMails()
    }
  }
)

t.test('the model tells what cannot be', async t => {
  const byName = (start: string) => OPERATIONS.find(({ name }) => name.startsWith(start)) as Operation
  const [first, second] = [byName('reset by link 0'), byName('reset by link 1')]
  t.strictSame(
    findPossibleAccounts(START, [
      [first, true],
      [second, true]
    ]),
    [],
    'two resets with links of one time'
  )
  t.equal(
    findPossibleAccounts(START, [
      [first, true],
      [second, false]
    ]).length,
    1
  )
  t.strictSame(
    findPossibleAccounts(START, [
      [byName('confirm'), true],
      [byName('revert'), true]
    ]).map(({ email }) => email),
    [ORIGINAL]
  )
})

t.test('nobody registers with an address at the moment when it is given up', async t => {
  const service = await serveMail(t)
  const { call, signUp, takeMails } = service
  // On PostgreSQL, a registration that waits for the end of the change has not seen that the address is held.
  for (let round = 0; round < 12; round++) {
    const owner = await signUp({ username: `owner${round}`, email: `owner${round}@example.org` })
    const { accessToken: token } = owner
    const asked = await call('PUT', '/api/auth/email', {
      token,
      body: { email: `next${round}@example.org`, currentPassword: PASSWORD }
    })
    const codeMail = (await takeMails()).find(({ kind }) => kind === 'email_change_code')
    const answer = { challengeId: asked.body.challengeId, code: codeMail ? codeOf(codeMail) : '' }
    const register = (index: number) =>
      call('POST', '/api/auth/register', {
        body: { username: `thief${round}-${index}`, email: owner.user.email, password: PASSWORD }
      })
    const before = [0, 1, 2].map(register)
    for (let turns = 0; turns < round; turns++) await turn()
    const change = call('POST', '/api/auth/email/confirm', { token, body: answer })
    const registrations = await Promise.all([...before, ...[3, 4, 5].map(register)])
    t.equal((await change).status, 200)
    t.strictSame([...new Set(registrations.map(({ status }) => status))], [409])
    const notice = (await takeMails()).find(({ kind }) => kind === 'email_changed')
    const body = { token: notice ? parameterOf(notice, 'token') : '' }
    t.equal((await call('POST', '/api/auth/email/revert', { body })).status, 204)
  }
})
