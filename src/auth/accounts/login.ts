import type { ClientInfo } from '../../http/client-info.ts'
import { Problem } from '../../problems/problem.ts'
import { createAuditLog } from '../audit/audit-log.ts'
import { passwordStatements } from '../passwords/statements.ts'
import { ignoreIfNoRow } from '../refuse-if-no-row.ts'
import type { TokenPair } from '../tokens/token-pairs.ts'
import type { UserRow, VerifiedUser } from '../user.ts'
import { toLookupKey } from './email-addresses.ts'
import type { Credentials } from './schemas.ts'
import type { AccountServices } from './services.ts'
import { accountStatements } from './statements.ts'

export function createLogin({
  store,
  passwordHasher,
  throttle,
  sessions,
  mails,
  mailLimits,
  secondFactorChallenges
}: Pick<
  AccountServices,
  'store' | 'passwordHasher' | 'throttle' | 'sessions' | 'mails' | 'mailLimits' | 'secondFactorChallenges'
>) {
  const { findByEmail } = accountStatements(store)
  const { rehash } = passwordStatements(store)
  const auditLog = createAuditLog(store)

  /**
   * Signs a user in. The session begins in the transaction that clears the failures.
   * @returns the first token pair of a new session
   * @throws {Problem} `invalid_credentials` or `sign_in_throttled`, the same for a wrong password as for an unknown e-mail;
   *   for the right password only, `account_disabled` or `second_factor_required`; `overloaded`
   */
  async function login(credentials: Credentials, client: ClientInfo): Promise<TokenPair> {
    const emailKey = toLookupKey(credentials.email)
    const pair = await throttle.attempt(emailKey, client.ip, async (clearFailures, isBlocking) => {
      const user = await verifyCredentials(emailKey, credentials, client)
      if (!user && isBlocking) await tellOwnerOfBlock(emailKey, client)
      return (
        user &&
        sessions
          .start(user, client, { statements: [clearFailures] })
          .catch(error => explainNoStart(error, emailKey, user))
      )
    })
    if (!pair) throw new Problem('invalid_credentials')
    return pair
  }

  /** @returns undefined for a wrong password or an unknown e-mail */
  async function verifyCredentials(
    emailKey: string,
    { password }: Credentials,
    client: ClientInfo
  ): Promise<VerifiedUser | undefined> {
    const [user] = await findByEmail.execute({ emailKey })
    const verdict = await passwordHasher.verify(password, user?.passwordHash)
    if (!user || verdict === 'wrong') {
      // The owner of an account finds the failure in the audit log. An unknown e-mail costs a write as well, so that the
      // time does not tell whether there is an account.
      await store.atomically(
        user ? auditLog.bindEvent(user.id, 'sign_in_failed', client) : throttle.bindNoOpWrite(emailKey)
      )
      return undefined
    }
    if (user.disabledAt) throw new Problem('account_disabled')
    if (verdict === 'outdated') await rehashPassword(user, password)
    const verified = toVerifiedUser(user)
    // As it is thrown, the attempt counts neither as a failure nor as a success: the failures are cleared by the second factor.
    if (user.hasSecondFactor) throw await secondFactorChallenges.createProblem(verified)
    return verified
  }

  /** The first factor may be confirmed while the password is verified: the right password then begins a sign-in in two steps. */
  async function explainNoStart(error: unknown, emailKey: string, verified: VerifiedUser): Promise<never> {
    if (!(error instanceof Problem && error.code === 'invalid_credentials')) throw error
    const [user] = await findByEmail.execute({ emailKey })
    const isSame = user?.id === verified.id && user.passwordVersion === verified.passwordVersion
    throw isSame && user.hasSecondFactor && !user.disabledAt
      ? await secondFactorChallenges.createProblem(verified)
      : error
  }

  /**
   * Tells the owner of an account, once a day, that sign-ins are slowed down. The account is looked up when the mail is sent,
   * so that an unknown e-mail costs the same.
   */
  async function tellOwnerOfBlock(emailKey: string, client: ClientInfo): Promise<void> {
    const mark = mailLimits.bindDailyMark('sign_in_throttled', emailKey)
    const owner = { id: null, username: '', email: emailKey }
    await store.atomically(mark, mails.bindNotice('sign_in_throttled', owner, client)).catch(ignoreIfNoRow)
  }

  /** Hashes the password by the current parameters. A later sign-in does so when too many hashes are waiting now. */
  async function rehashPassword({ id: userId, passwordHash: currentHash }: UserRow, password: string) {
    const passwordHash = await passwordHasher.hash(password).catch(undefinedIfOverloaded)
    if (passwordHash) await rehash.execute({ userId, currentHash, passwordHash })
  }

  return login
}

function undefinedIfOverloaded(error: unknown): undefined {
  if (!(error instanceof Problem && error.code === 'overloaded')) throw error
}

const toVerifiedUser = ({ id, username, email, emailVerified, passwordVersion }: UserRow): VerifiedUser => ({
  id,
  username,
  email,
  emailVerified,
  passwordVersion
})
