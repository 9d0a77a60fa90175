import { Problem } from '../../problems/problem.ts'
import type { AuthMails } from './mails.ts'

/** @throws {Problem} `mail_not_configured` */
export function assertMailConfigured({ isEnabled }: Pick<AuthMails, 'isEnabled'>): void {
  if (!isEnabled) throw new Problem('mail_not_configured')
}
