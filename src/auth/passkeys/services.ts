import type { Store } from '../../db/store.ts'
import type { AuthMails } from '../mails/mails.ts'
import type { Freshness } from '../sessions/freshness.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Ceremonies } from './ceremonies/ceremonies.ts'
import type { VerifyPasskey } from './verify-passkey.ts'

/** What the use cases of passkeys need. */
export interface PasskeyServices {
  readonly store: Store
  readonly sessions: Pick<Sessions, 'start'>
  readonly ceremonies: Ceremonies
  readonly freshness: Freshness
  readonly mails: AuthMails
  readonly verifyPasskey: VerifyPasskey
}
