import { type BoundStatement, isUndoneBy, mustAffectRow } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { type FieldError, Problem } from '../../problems/problem.ts'
import { toLookupKey } from '../accounts/email-addresses.ts'
import { accountStatements } from '../accounts/statements.ts'
import type { User, UserRow } from '../user.ts'

type UniqueKeys = Pick<UserRow, 'usernameKey' | 'emailKey'>
/** An account to be made. */
export type NewAccount = Pick<UserRow, 'username' | 'email' | 'passwordHash' | 'emailVerified'> &
  Partial<Pick<UserRow, 'id'>>

export const usernameTaken: FieldError = { pointer: '/username', detail: 'belongs to another account' }

/** Creates accounts. */
export function createInsertUser(store: Store) {
  const { insertUser, assertNotHeld, findHolders, findHeldEmail } = accountStatements(store)

  /** @returns the account, and the statements that make it, of which each must affect a row */
  function bindInsert(account: NewAccount): { user: User; statements: readonly BoundStatement[] } {
    const { id = store.newId(), username, email, emailVerified } = account
    const user: User = { id, username, email, emailVerified }
    const row: UserRow = {
      ...account,
      ...toKeys(account),
      id,
      emailVersion: 0,
      passwordVersion: 0,
      hasSecondFactor: false,
      disabledAt: null,
      createdAt: store.now()
    }
    return { user, statements: [mustAffectRow(insertUser.bind(row)), mustAffectRow(assertNotHeld.bind(row))] }
  }

  /**
   * Explains why a transaction with the statements of an account was undone.
   * @throws {Problem} `already_taken`, when the account was the reason; else the error itself
   */
  async function explainConflict(
    error: unknown,
    statements: readonly BoundStatement[],
    account: Pick<NewAccount, 'username' | 'email'>
  ): Promise<never> {
    if (!isUndoneBy(error, ...statements)) throw error
    throw new Problem('already_taken', { errors: await findConflicts(account) })
  }

  async function findConflicts(account: Pick<NewAccount, 'username' | 'email'>): Promise<FieldError[]> {
    const keys = toKeys(account)
    const holders: readonly UniqueKeys[] = await findHolders.execute(keys)
    const held = await findHeldEmail.execute({ ...keys, createdAt: store.now() })
    const errors: FieldError[] = []
    if (holders.some(({ usernameKey }) => usernameKey === keys.usernameKey)) errors.push(usernameTaken)
    if (held.length > 0 || holders.some(({ emailKey }) => emailKey === keys.emailKey))
      errors.push({ pointer: '/email', detail: 'belongs to another account; sign in if it is yours' })
    return errors
  }

  return { bindInsert, explainConflict, findConflicts }
}

const toKeys = ({ username, email }: Pick<NewAccount, 'username' | 'email'>): UniqueKeys => ({
  usernameKey: toLookupKey(username),
  emailKey: toLookupKey(email)
})
