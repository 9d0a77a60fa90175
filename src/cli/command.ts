import type { Config, ConfigNeeds } from '../config/config.ts'
import type { Logger } from '../db/engine.ts'
import type { Clock } from '../db/store.ts'

/** An option of a command, as `parseArgs` of node:util takes it, and what the help says of it. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly default?: string
  /** What stands for the value in the help, where there is one. */
  readonly placeholder?: string
  readonly help: string
}

/** What a command is given, and how it answers. */
export interface CommandContext {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly operands: readonly string[]
  /** Whether people read the answer, on a terminal, and `--json` was not asked for. */
  readonly isInteractive: boolean
  /** The settings of the service. @throws {ConfigError} */
  readonly config: (needs?: ConfigNeeds) => Config
  /** The variables of the process. */
  readonly environment: NodeJS.ProcessEnv
  readonly now: Clock
  /** Writes a result to standard output: the text for people, or with `--json` the result in a line. */
  readonly report: (result: object, text: string) => void
  /** Says on a terminal how far it is, in a line that the next one takes the place of. */
  readonly progress: (text: string) => void
  /** Where the database tells what it waits for. */
  readonly log: Logger
}

/** A command of the program, one file each; `commands.ts` lists them. */
export interface Command {
  readonly description: string
  /** What has to follow its name, in capitals. */
  readonly operands?: readonly string[]
  readonly options?: Readonly<Record<string, Option>>
  /** @throws what `exitCodeOf` makes an exit code of; the message goes to standard error */
  readonly run: (context: CommandContext) => Promise<void>
}
