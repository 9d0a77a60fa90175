import { createChangeEmail } from '../emails/change-email.ts'
import { createConfirmWithPassword } from '../emails/confirm-with-password.ts'
import { createRevertEmail } from '../emails/revert-email.ts'
import { createVerifyEmail } from '../emails/verify-email.ts'
import { createPasskeys } from '../passkeys/passkeys.ts'
import { createReauthenticate } from '../reauthentication/reauthenticate.ts'
import { createRequestReset } from '../recovery/request-reset.ts'
import { createResetPassword } from '../recovery/reset-password.ts'
import { createPasskeySignUp } from '../registration/passkey-sign-up.ts'
import { createRegister } from '../registration/register.ts'
import { createVerifiedRegistration } from '../registration/verified-registration.ts'
import { createChangePassword } from './change-password.ts'
import { createChangeUsername } from './change-username.ts'
import { createDeleteAccount } from './delete-account.ts'
import { createLogin } from './login.ts'
import { type AccountDependencies, createAccountServices } from './services.ts'

/** What people do with their accounts. */
export function createAccounts(dependencies: AccountDependencies) {
  const services = createAccountServices(dependencies)
  return {
    register: createRegister(services),
    createSignUpOptions: createPasskeySignUp(services),
    ...createVerifiedRegistration(services),
    login: createLogin(services),
    reauthenticate: createReauthenticate(services),
    changeUsername: createChangeUsername(services),
    changePassword: createChangePassword(services),
    requestReset: createRequestReset(services),
    ...createResetPassword(services),
    ...createVerifyEmail(services),
    ...createChangeEmail(services),
    ...createRevertEmail(services),
    confirmWithPassword: createConfirmWithPassword(services),
    deleteAccount: createDeleteAccount(services),
    passkeys: createPasskeys(services)
  }
}

export type Accounts = ReturnType<typeof createAccounts>
