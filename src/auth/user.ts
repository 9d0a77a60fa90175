import type { UserRow } from '../db/schema.ts'

/** What an account shows of itself. */
export type User = Pick<UserRow, 'id' | 'username' | 'email'>

/** A user whose password was just verified. `passwordVersion` is the version that was verified. */
export interface VerifiedUser extends User {
  readonly passwordVersion: number
}

/** The user who sends a request, and the session that the request belongs to. */
export interface Identity extends User {
  readonly sessionId: string
}
