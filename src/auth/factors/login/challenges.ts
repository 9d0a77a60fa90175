import { type Static, Type } from '@sinclair/typebox'
import { type BoundStatement, mustAffectRow } from '../../../db/bound-statement.ts'
import type { Store } from '../../../db/store.ts'
import { Problem } from '../../../problems/problem.ts'
import type { DeriveKeys } from '../../../process/derived-keys.ts'
import { hashSubject } from '../../hash-subject.ts'
import { createSignedLinks } from '../../links/signed-links.ts'
import type { AuthenticationMethod } from '../../sessions/authentication.ts'
import type { VerifiedUser } from '../../user.ts'
import { createSecondFactors } from '../second-factors.ts'
import { factorStatements, MAX_TRIES } from '../statements.ts'

/** Milliseconds from the right password to the second factor. */
const CHALLENGE_TTL_MS = 300_000

const Claims = Type.Object({
  userId: Type.String(),
  passwordVersion: Type.Integer(),
  /** In milliseconds since 1970. */
  expiresAt: Type.Integer(),
  /** So that each sign-in has a challenge of its own. */
  nonce: Type.String()
})

/** What a genuine challenge stands for: the password of a user was right. */
export interface SecondFactorChallenge extends Readonly<Static<typeof Claims>> {
  /** By which its tries are counted. */
  readonly id: string
}

/**
 * The challenges of sign-ins that wait for a second factor. A challenge is a function of the user, the version of the password
 * and its expiry: only its tries are stored, from the first one on.
 */
export function createSecondFactorChallenges(store: Store, deriveKeys: DeriveKeys) {
  const { countTry, useChallenge } = factorStatements(store)
  const secondFactors = createSecondFactors(store)
  const links = createSignedLinks('lkc_', deriveKeys('second factor'), Claims)

  /** What the account can show, in the order in which to offer it. */
  async function listMethods(userId: string): Promise<AuthenticationMethod[]> {
    const { authenticatorApps, passkeys, recoveryCodes } = await secondFactors.count(userId)
    return [
      ...(authenticatorApps > 0 ? (['totp'] as const) : []),
      ...(passkeys > 0 ? (['passkey'] as const) : []),
      ...(recoveryCodes > 0 ? (['recovery_code'] as const) : [])
    ]
  }

  return {
    /** The answer to the right password of an account that has a second factor. */
    async createProblem({ id: userId, passwordVersion }: VerifiedUser): Promise<Problem> {
      const expiresAt = store.now().getTime() + CHALLENGE_TTL_MS
      const challenge = links.issue({ userId, passwordVersion, expiresAt, nonce: store.newId() })
      return new Problem('second_factor_required', {
        extensions: {
          methods: await listMethods(userId),
          challenge,
          expiresIn: CHALLENGE_TTL_MS / 1000
        }
      })
    },

    /** @throws {Problem} `sign_in_expired`, also for a challenge of another purpose or service */
    verify(text: string): SecondFactorChallenge {
      const claims = links.verify(text)
      if (!claims || claims.expiresAt <= store.now().getTime()) throw new Problem('sign_in_expired')
      return { ...claims, id: hashSubject('second factor', text) }
    },

    /**
     * Counts an answer, before it is verified: parallel guesses cannot pass.
     * @returns whether it was the last one
     * @throws {Problem} `sign_in_expired` when no more are allowed, or the challenge was used
     */
    async countTry({ id, expiresAt }: SecondFactorChallenge): Promise<boolean> {
      const [row] = await countTry.execute({ id, expiresAt: new Date(expiresAt) })
      if (!row) throw new Problem('sign_in_expired')
      return row.failures >= MAX_TRIES
    },

    /** The statement that uses a challenge up: of several uses at once, one affects the row. */
    bindUse: ({ id }: SecondFactorChallenge): BoundStatement<readonly unknown[]> =>
      mustAffectRow(useChallenge.bind({ id }))
  }
}

export type SecondFactorChallenges = ReturnType<typeof createSecondFactorChallenges>
