import type { Config, ConfigNeeds } from '../config/config.ts'
import type { Logger } from '../db/engine.ts'
import type { Clock } from '../db/store.ts'

/** An option of a command, for `parseArgs` of node:util and for the help. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly default?: string
  /** The name of the value in the help, for options that take one. */
  readonly placeholder?: string
  readonly help: string
}

/** The input of a command, and its ways to answer. */
export interface CommandContext {
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly operands: readonly string[]
  /** Whether the output is a terminal, without `--json`. */
  readonly isInteractive: boolean
  /** The settings of the service. @throws {ConfigError} */
  readonly config: (needs?: ConfigNeeds) => Config
  /** The variables of the process. */
  readonly environment: NodeJS.ProcessEnv
  readonly now: Clock
  /** Writes a result to standard output: `text`, or with `--json` the result as one line of JSON. */
  readonly report: (result: object, text: string) => void
  /** Shows the progress on a terminal. The next text replaces the line. */
  readonly progress: (text: string) => void
  /** Receives the messages of the database, such as what it waits for. */
  readonly log: Logger
}

/** A command of the program. Each has its own file; `commands.ts` lists them. */
export interface Command {
  readonly description: string
  /** The names of the required operands, in capitals. */
  readonly operands?: readonly string[]
  readonly options?: Readonly<Record<string, Option>>
  /** @throws errors that `toExitCode` maps to exit codes; the message goes to standard error */
  readonly run: (context: CommandContext) => Promise<void>
}
