import type { BoundStatement } from '../../db/bound-statement.ts'
import type { ClientInfo } from '../../http/client-info.ts'
import { needsExactlyOne } from '../../problems/needs-exactly-one.ts'
import type { ProblemCode } from '../../problems/problem.ts'
import { AuthenticationProof } from '../accounts/schemas.ts'
import type { AuthenticationMethod } from '../sessions/authentication.ts'
import type { Identity } from '../user.ts'

/** A proof that is right. */
export interface VerifiedProof {
  /** Use the proof up, or rely on it. They come into the transaction that counts it. */
  readonly statements: readonly BoundStatement[]
  /** The recovery code that takes the place of one that was used. */
  readonly recoveryCode?: string
}

/** A way of a signed-in user to show again who he is, with what he has given. */
export interface Proof {
  readonly method: AuthenticationMethod
  /** @throws {Problem} when it is wrong */
  readonly verify: (caller: Identity, client: ClientInfo) => Promise<VerifiedProof>
  /** The problem when one of the statements finds no row: meanwhile the proof was used, or stopped being good. */
  readonly refusal: ProblemCode
}

/** Takes a proof of one kind out of a body; undefined when there is none of this kind. */
export type TakeProof = (body: AuthenticationProof) => Proof | undefined

/**
 * Finds the one proof of a body.
 * @param kinds one function for each kind of proof
 * @throws {Problem} `validation_failed` when there is none, or more than one
 */
export function findProof(body: AuthenticationProof, kinds: readonly TakeProof[]): Proof {
  const [proof, ...others] = kinds.map(take => take(body)).filter(found => found !== undefined)
  if (!proof || others.length > 0) throw needsExactlyOne(Object.keys(AuthenticationProof.properties))
  return proof
}
