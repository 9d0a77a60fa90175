import type { AccountServices } from '../accounts/services.ts'
import { createFreshness } from '../sessions/freshness.ts'
import { createAddPasskey } from './add-passkey.ts'
import { createCeremonies } from './ceremonies/ceremonies.ts'
import { createManagePasskeys } from './manage-passkeys.ts'
import type { PasskeyServices } from './services.ts'
import { createPasskeySignIn } from './sign-in.ts'

/** What people do with their passkeys. */
export function createPasskeys({
  store,
  sessions,
  tokens,
  config,
  mails
}: Pick<AccountServices, 'store' | 'sessions' | 'tokens' | 'config' | 'mails'>) {
  const services: PasskeyServices = {
    store,
    sessions,
    mails,
    ceremonies: createCeremonies({ store, tokens, config }),
    freshness: createFreshness(store, config)
  }
  const { createPasskeyOptions, addPasskey } = createAddPasskey(services)
  return {
    createPasskeyOptions,
    addPasskey,
    ...createManagePasskeys(services),
    ...createPasskeySignIn(services)
  }
}

export type Passkeys = ReturnType<typeof createPasskeys>
