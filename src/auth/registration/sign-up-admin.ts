import { randomBytes } from 'node:crypto'
import { mustAffectRow } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { type FieldError, Problem } from '../../problems/problem.ts'
import { toAsciiEmail, toLookupKey } from '../accounts/email-addresses.ts'
import { createAuditLog, NO_CLIENT } from '../audit/audit-log.ts'
import { challengeStatements } from '../challenges/statements.ts'
import { hashSubject } from '../hash-subject.ts'
import { createAuthMails, INVITATION_TTL_MS } from '../mails/mails.ts'
import type { PasswordHasher } from '../passwords/password-hasher.ts'
import type { User } from '../user.ts'
import { createInsertUser } from './insert-user.ts'

/** Bytes of a password that nobody knows. */
const UNKNOWN_PASSWORD_BYTES = 32

/** What an operator does for people who have no account yet. */
export function createSignUpAdmin(store: Store, isMailEnabled: boolean) {
  const { replace } = challengeStatements(store)
  const { bindInsert, explainConflict, findConflicts } = createInsertUser(store)
  const auditLog = createAuditLog(store)
  const mails = createAuthMails(store, isMailEnabled)

  return {
    /**
     * Mails an invitation, which takes the place of one before.
     * @returns the address as the mail has it, and when the invitation expires
     * @throws {Problem} `already_taken` when the address has an account
     */
    async invite(address: string): Promise<{ email: string; expiresAt: Date }> {
      const email = toAsciiEmail(address)
      // No user name has the form of an empty text, so this asks for the e-mail alone.
      const conflicts: FieldError[] = await findConflicts({ username: '', email })
      if (conflicts.length > 0) throw new Problem('already_taken', { errors: conflicts })
      const now = store.now()
      const expiresAt = new Date(now.getTime() + INVITATION_TTL_MS)
      const challengeId = store.newId()
      await store.atomically(
        mustAffectRow(
          replace.bind({
            id: hashSubject('invitation', toLookupKey(email)),
            challengeId,
            purpose: 'invitation',
            userId: null,
            email,
            username: null,
            passwordHash: null,
            passkey: null,
            tries: 0,
            triesEndAt: now,
            expiresAt,
            now,
            windowEnd: now
          })
        ),
        mails.bindInvitation(email, challengeId)
      )
      return { email, expiresAt }
    },

    /**
     * Makes an account with a password that nobody knows. A link to set one is mailed to the owner.
     * @throws {Problem} `already_taken` with a pointer to each field that another account holds
     */
    async create(
      username: string,
      address: string,
      passwordHasher: Pick<PasswordHasher, 'hash'>
    ): Promise<User> {
      const email = toAsciiEmail(address)
      const passwordHash = await passwordHasher.hash(randomBytes(UNKNOWN_PASSWORD_BYTES).toString('base64'))
      const account = { username, email, passwordHash, emailVerified: false }
      const { user, statements } = bindInsert(account)
      await store
        .atomically(
          ...statements,
          auditLog.bindEvent(user.id, 'account_created', NO_CLIENT),
          mails.bindReset(email, 'account_created')
        )
        .catch(error => explainConflict(error, statements, account))
      return user
    }
  }
}
