import { createAddPasskey } from './add-passkey.ts'
import { createManagePasskeys } from './manage-passkeys.ts'
import type { PasskeyServices } from './services.ts'
import { createPasskeySignIn } from './sign-in.ts'

/** What people do with their passkeys. */
export function createPasskeys(services: PasskeyServices) {
  const { ceremonies } = services
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
