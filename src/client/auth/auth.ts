import type { Call } from '../http/calls.ts'
import type { Send } from '../http/requests.ts'
import { createPersonalAccessTokens } from '../personal-access-tokens.ts'
import type { Platform } from '../platform.ts'
import type { TokenManager } from '../tokens/token-manager.ts'
import { createAccount } from './account.ts'
import { createEmail } from './email.ts'
import { createFactors } from './factors.ts'
import { createPasskeys } from './passkeys.ts'
import { createRecovery } from './recovery.ts'
import { createRegistration } from './registration.ts'
import { createSessions } from './sessions.ts'

/** Creates the methods on accounts and sessions. */
export function createAuth(send: Send, tokens: TokenManager, call: Call, platform: Platform) {
  return {
    ...createRegistration(send, tokens),
    ...createSessions(send, tokens, call),
    ...createAccount(send, tokens, call),
    ...createEmail(send, tokens, call),
    ...createFactors(send, tokens, call),
    ...createPasskeys(send, tokens, call, platform),
    ...createRecovery(send),
    ...createPersonalAccessTokens(call)
  }
}
