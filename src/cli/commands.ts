import type { Command } from './command.ts'

/** What is known of a command before it is loaded. */
export interface CommandEntry {
  readonly summary: string
  /** Loads the command, and only then all that it needs. */
  readonly load: () => Promise<{ readonly default: Command }>
}

/** Every command of the program, in the order of its help. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  serve: { summary: 'runs the service', load: () => import('./serve.ts') },
  migrate: { summary: 'brings the database to the present schema', load: () => import('./migrate.ts') },
  backup: { summary: 'copies a SQLite database, also while serving', load: () => import('./backup.ts') },
  restore: { summary: 'puts a backup in the place of the database', load: () => import('./restore.ts') },
  copy: { summary: 'copies a SQLite database into PostgreSQL', load: () => import('./copy.ts') },
  prune: { summary: 'removes what has been kept for long enough', load: () => import('./prune.ts') },
  doctor: { summary: 'says what is wrong with an installation', load: () => import('./doctor.ts') },
  'keys generate': { summary: 'makes a key to sign tokens with', load: () => import('./keys-generate.ts') },
  'users list': { summary: 'lists the accounts', load: () => import('./users-list.ts') },
  'users disable': { summary: 'lets a user sign in no more', load: () => import('./users-disable.ts') },
  'users enable': { summary: 'lets a user sign in again', load: () => import('./users-enable.ts') },
  'users sign-out': { summary: 'ends all sessions of a user', load: () => import('./users-sign-out.ts') },
  'users reset-password': {
    summary: 'gives a user a new password',
    load: () => import('./users-reset-password.ts')
  }
}
