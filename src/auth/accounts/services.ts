import type { Config } from '../../config/config.ts'
import type { Store } from '../../db/store.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Throttle } from '../throttling/throttle.ts'
import type { Tokens } from '../tokens/token-pairs.ts'

/** Removes the rows of a user that other features have. */
export type RemoveUserRows = (store: Store, userId: string) => Promise<void>

/** What the use cases of accounts need. */
export interface AccountServices {
  readonly store: Store
  readonly passwordHasher: PasswordHasher
  readonly throttle: Throttle
  readonly sessions: Pick<Sessions, 'start'>
  readonly tokens: Tokens
  readonly config: Config
  readonly removeUserRows: RemoveUserRows
}
