import type { AccountServices } from '../accounts/services.ts'
import { createFreshness } from '../sessions/freshness.ts'
import { createAddPasskey } from './add-passkey.ts'
import { createManagePasskeys } from './manage-passkeys.ts'
import type { PasskeyServices } from './services.ts'
import { createPasskeySignIn } from './sign-in.ts'

/** What people do with their passkeys. */
export function createPasskeys({
  store,
  sessions,
  config,
  mails,
  ceremonies
}: Pick<AccountServices, 'store' | 'sessions' | 'config' | 'mails' | 'ceremonies'>) {
  const services: PasskeyServices = {
    store,
    sessions,
    mails,
    ceremonies,
    freshness: createFreshness(store, config)
  }
  const { createPasskeyOptions, addPasskey } = createAddPasskey(services)
  return {
    /** The settings. @throws {Problem} `passkeys_not_configured` */
    getConfig: ceremonies.getConfig,
    createPasskeyOptions,
    addPasskey,
    ...createManagePasskeys(services),
    ...createPasskeySignIn(services)
  }
}

export type Passkeys = ReturnType<typeof createPasskeys>
