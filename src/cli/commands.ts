import type { Command } from './command.ts'

/** What is known of a command before it is loaded. */
export interface CommandEntry {
  readonly summary: string
  /** Loads the command, and only then all that it needs. */
  readonly load: () => Promise<{ readonly default: Command }>
}

/** Every command of the program, in the order of its help. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  serve: { summary: 'runs the service', load: () => import('./commands/serve.ts') },
  migrate: {
    summary: 'brings the database to the present schema',
    load: () => import('./commands/migrate.ts')
  },
  backup: {
    summary: 'copies a SQLite database, also while serving',
    load: () => import('./commands/backup.ts')
  },
  restore: {
    summary: 'puts a backup in the place of the database',
    load: () => import('./commands/restore.ts')
  },
  copy: { summary: 'copies a SQLite database into PostgreSQL', load: () => import('./commands/copy.ts') },
  prune: { summary: 'removes what has been kept for long enough', load: () => import('./commands/prune.ts') },
  doctor: { summary: 'says what is wrong with an installation', load: () => import('./commands/doctor.ts') },
  'keys generate': {
    summary: 'makes a key to sign tokens with',
    load: () => import('./commands/keys-generate.ts')
  },
  'users list': { summary: 'lists the accounts', load: () => import('./commands/users/list.ts') },
  'users disable': {
    summary: 'lets a user sign in no more',
    load: () => import('./commands/users/disable.ts')
  },
  'users enable': { summary: 'lets a user sign in again', load: () => import('./commands/users/enable.ts') },
  'users sign-out': {
    summary: 'ends all sessions of a user',
    load: () => import('./commands/users/sign-out.ts')
  },
  'users reset-password': {
    summary: 'gives a user a new password',
    load: () => import('./commands/users/reset-password.ts')
  }
}
