import type { ClientInfo } from '../../http/client-info.ts'
import { type FieldError, Problem } from '../../problems/problem.ts'
import { assertNotGuessable } from '../passwords/policy.ts'
import type { TokenPair } from '../tokens/token-pairs.ts'
import type { UserRow } from '../user.ts'
import { toAsciiEmail, toLookupKey } from './emails.ts'
import type { Registration } from './schemas.ts'
import type { AccountServices } from './services.ts'
import { accountStatements } from './statements.ts'

type UniqueKeys = Pick<UserRow, 'usernameKey' | 'emailKey'>

export function createRegister({
  store,
  passwordHasher,
  sessions
}: Pick<AccountServices, 'store' | 'passwordHasher' | 'sessions'>) {
  const { insertUser, findHolders } = accountStatements(store)

  /**
   * Creates an account and signs its owner in.
   * @returns the first token pair
   * @throws {Problem} `validation_failed` for a password that is easy to guess; `already_taken` with a pointer to each field
   *   that another account holds; `overloaded`
   */
  return async function register(
    { username, password, ...rest }: Registration,
    client: ClientInfo
  ): Promise<TokenPair> {
    const email = toAsciiEmail(rest.email)
    assertNotGuessable(password, { username, email }, '/password')
    const keys = { usernameKey: toLookupKey(username), emailKey: toLookupKey(email) }
    const passwordHash = await passwordHasher.hash(password)
    const [user] = await insertUser.execute({
      id: store.newId(),
      username,
      email,
      ...keys,
      emailVersion: 0,
      emailVerified: false,
      passwordHash,
      passwordVersion: 0,
      passwordExpiresAt: null,
      disabledAt: null,
      createdAt: store.now()
    })
    if (!user)
      throw new Problem('already_taken', { errors: findConflicts(keys, await findHolders.execute(keys)) })
    return sessions.start(user, client, 'account_created')
  }
}

export const usernameTaken: FieldError = { pointer: '/username', detail: 'belongs to another account' }

function findConflicts(requested: UniqueKeys, holders: readonly UniqueKeys[]): FieldError[] {
  const errors: FieldError[] = []
  if (holders.some(({ usernameKey }) => usernameKey === requested.usernameKey)) errors.push(usernameTaken)
  if (holders.some(({ emailKey }) => emailKey === requested.emailKey))
    errors.push({ pointer: '/email', detail: 'belongs to another account; sign in if it is yours' })
  return errors
}
