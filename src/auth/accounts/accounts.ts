import { createChangePassword } from './change-password.ts'
import { createChangeUsername } from './change-username.ts'
import { createDeleteAccount } from './delete-account.ts'
import { createLogin } from './login.ts'
import { createRegister } from './register.ts'
import type { AccountServices } from './services.ts'

/** What people do with their accounts. */
export function createAccounts(services: AccountServices) {
  return {
    register: createRegister(services),
    login: createLogin(services),
    changeUsername: createChangeUsername(services),
    changePassword: createChangePassword(services),
    deleteAccount: createDeleteAccount(services)
  }
}

export type Accounts = ReturnType<typeof createAccounts>
