import type { BoundStatement } from '../../../db/bound-statement.ts'
import type { ClientInfo } from '../../../http/client-info.ts'
import { toLookupKey } from '../../accounts/email-addresses.ts'
import type { Throttle } from '../../throttling/throttle.ts'
import type { User } from '../../user.ts'

/** Wrong answers in a row from one network that cost no wait: those of three sign-ins. */
const FREE_FAILURES = 15

/** Bounds the guessing of second factors, over all sign-ins and sessions of an account. Passwords are counted apart. */
export const createFactorAttempts =
  ({ attempt }: Pick<Throttle, 'attempt'>) =>
  /**
   * @param verify resolves to undefined for a wrong answer. The statement that it is given clears the failures; it belongs into
   *   the transaction that uses the answer up.
   * @throws {Problem} `sign_in_throttled`
   */
  <Result>(
    { id, email }: Pick<User, 'id' | 'email'>,
    { ip }: ClientInfo,
    verify: (clearFailures: BoundStatement) => Promise<Result | undefined>
  ): Promise<Result | undefined> =>
    attempt(`second factor ${id}`, ip, verify, { emailKey: toLookupKey(email), freeFailures: FREE_FAILURES })
