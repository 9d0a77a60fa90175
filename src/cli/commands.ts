import type { Command } from './command.ts'

/** The entry of a command, known before its file is loaded. */
export interface CommandEntry {
  readonly summary: string
  /** Loads the command and its imports. */
  readonly load: () => Promise<{ readonly default: Command }>
}

/** All commands, in the order of the help. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  serve: { summary: 'runs the service', load: () => import('./commands/serve.ts') },
  migrate: {
    summary: 'creates the database, or updates its schema',
    load: () => import('./commands/migrate.ts')
  },
  backup: {
    summary: 'copies a SQLite database, also while the service runs',
    load: () => import('./commands/backup.ts')
  },
  restore: {
    summary: 'replaces the database by a backup',
    load: () => import('./commands/restore.ts')
  },
  copy: { summary: 'copies a SQLite database into PostgreSQL', load: () => import('./commands/copy.ts') },
  prune: { summary: 'removes expired rows', load: () => import('./commands/prune.ts') },
  doctor: { summary: 'checks an installation', load: () => import('./commands/doctor.ts') },
  'keys generate': {
    summary: 'creates a key that signs tokens',
    load: () => import('./commands/keys-generate.ts')
  },
  'users list': { summary: 'lists the accounts', load: () => import('./commands/users/list.ts') },
  'users show': { summary: 'shows an account', load: () => import('./commands/users/show.ts') },
  'users disable': {
    summary: 'locks an account',
    load: () => import('./commands/users/disable.ts')
  },
  'users enable': { summary: 'unlocks an account', load: () => import('./commands/users/enable.ts') },
  'users sign-out': {
    summary: 'ends all sessions of a user',
    load: () => import('./commands/users/sign-out.ts')
  },
  'users remove-factors': {
    summary: 'removes the second factors of a user',
    load: () => import('./commands/users/remove-factors.ts')
  },
  'users invite': {
    summary: 'mails an invitation to make an account',
    load: () => import('./commands/users/invite.ts')
  },
  'users create': {
    summary: 'makes an account, whose owner sets the password by a link',
    load: () => import('./commands/users/create.ts')
  },
  'users send-reset': {
    summary: 'mails a user a link to set a new password',
    load: () => import('./commands/users/send-reset.ts')
  },
  'mail test': { summary: 'sends a test message', load: () => import('./commands/mail/test.ts') },
  'mail list': {
    summary: 'lists the mails that are not sent, and why',
    load: () => import('./commands/mail/list.ts')
  },
  'mail retry': {
    summary: 'sends a mail again',
    load: () => import('./commands/mail/retry.ts')
  },
  'sync reset': {
    summary: 'makes all clients take their todos anew',
    load: () => import('./commands/sync/reset.ts')
  }
}
