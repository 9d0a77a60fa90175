import { type BoundStatement, isUndoneBy } from '../../db/bound-statement.ts'
import { Problem, validationFailed } from '../../problems/problem.ts'
import type { Registration } from '../accounts/schemas.ts'
import type { AccountServices } from '../accounts/services.ts'
import { createInsertPasskey } from '../passkeys/insert-passkey.ts'
import { assertNotGuessable } from '../passwords/policy.ts'
import type { AuthenticationMethod } from '../sessions/authentication.ts'
import type { ChallengeRow } from '../tables.ts'

/** That with which an account begins: a password or a passkey. */
export interface FirstCredential {
  /** Empty for none. */
  readonly passwordHash: string
  readonly passkey: ChallengeRow['passkey']
  readonly method: AuthenticationMethod
  /** Uses up what cannot be used twice. Belongs into the transaction that takes the credential. */
  readonly uses: readonly BoundStatement[]
}

/** What a passkey brings with it; nothing where the account begins with a password. */
export interface FirstPasskey {
  readonly statements: readonly BoundStatement[]
  readonly recoveryCodes?: readonly string[]
}

/** Takes the first credentials of accounts. */
export function createFirstCredentials({
  store,
  passwordHasher,
  ceremonies
}: Pick<AccountServices, 'store' | 'passwordHasher' | 'ceremonies'>) {
  const { bindInsert, explainNoInsert } = createInsertPasskey(store)

  /** @throws {Problem} `validation_failed` for a password that is easy to guess, and unless there is one of password and passkey */
  function assertAcceptable(
    { password, passkey }: Registration,
    account: { username: string; email: string }
  ): void {
    if (password === undefined && !passkey)
      throw validationFailed({ pointer: '/password', detail: 'is required' })
    if (password === undefined) return
    if (passkey)
      throw validationFailed({ pointer: '/passkey', detail: 'does not go with a password; give one of them' })
    assertNotGuessable(password, account, '/password')
  }

  /**
   * Hashes the password, or verifies the passkey.
   * @throws {Problem} `overloaded`; those of a passkey that is not good
   */
  async function take({ password = '', passkey }: Registration): Promise<FirstCredential> {
    if (!passkey)
      return {
        passwordHash: await passwordHasher.hash(password),
        passkey: null,
        method: 'password',
        uses: []
      }
    const { challenge, credential } = await ceremonies.verifyRegistration(passkey, 'sign_up')
    return {
      passwordHash: '',
      passkey: { userId: challenge.id, credential },
      method: 'passkey',
      uses: [ceremonies.bindSpend(challenge)]
    }
  }

  /** The statements that give the passkey to its account, which is there by then, and the recovery codes that come with it. */
  function bindPasskey({ passkey }: Pick<FirstCredential, 'passkey'>): FirstPasskey {
    if (!passkey) return { statements: [] }
    const { insertion, consequences, recoveryCodes } = bindInsert(passkey.userId, passkey.credential)
    return { statements: [insertion, ...consequences], recoveryCodes }
  }

  /**
   * Explains why a transaction with a credential was undone.
   * @throws {Problem} `passkey_challenge_expired` or `passkey_already_registered`, when the credential was the reason; else the
   *   error itself
   */
  async function explainRefusal(
    error: unknown,
    { uses, passkey }: Pick<FirstCredential, 'uses' | 'passkey'>,
    passkeyStatements: readonly BoundStatement[]
  ): Promise<never> {
    if (isUndoneBy(error, ...uses)) throw new Problem('passkey_challenge_expired')
    throw passkey && isUndoneBy(error, ...passkeyStatements)
      ? await explainNoInsert(passkey.credential)
      : error
  }

  return { assertAcceptable, take, bindPasskey, explainRefusal }
}
