import { parseArgs } from 'node:util'
import { closest } from 'fastest-levenshtein'
import { about } from '../about.ts'
import type { Command, Context } from './command.ts'
import { commands } from './commands.ts'
import { CommandError, exitCodeOf } from './exit-codes.ts'
import { helpOf, helpOfCommands } from './help.ts'

interface Output {
  readonly isTTY?: boolean
  readonly write: (text: string) => unknown
}

/** What the program finds around itself. */
export interface Surroundings extends Pick<Context, 'config' | 'now' | 'log'> {
  readonly stdout: Output
  readonly stderr: Output
}

/** Takes the place of what the line on a terminal holds. */
const CLEARED = '\r\u001B[K'

/**
 * Runs the command that the arguments name.
 * @returns the exit code; 0 from `serve` says that it serves
 */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const isForPrograms = args.includes('--json')
  try {
    await dispatch(args, surroundings, isForPrograms)
    return 0
  } catch (error) {
    const { message } = error as Error
    surroundings.stderr.write(`${isForPrograms ? JSON.stringify({ error: message }) : message}\n`)
    return exitCodeOf(error)
  }
}

async function dispatch(args: readonly string[], surroundings: Surroundings, isForPrograms: boolean) {
  const [first = '--help', second = ''] = args
  const name = [`${first} ${second}`, first].find(name => Object.hasOwn(commands, name))
  const entry = name && commands[name]
  const print = (text: string) => surroundings.stdout.write(text)
  if (!entry) return print(answerWithoutCommand(first, second))

  const { default: command } = await entry.load()
  const { values, positionals } = parseArgs({
    args: args.slice(name.split(' ').length),
    allowPositionals: true,
    options: {
      ...command.options,
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' }
    }
  })
  if (values.help) return print(helpOf(name, command))
  checkOperands(name, command, positionals)
  await command.run(contextOf(surroundings, isForPrograms, values, positionals))
}

/** @throws {CommandError} when a command was asked for that is none */
function answerWithoutCommand(first: string, second: string): string {
  if (first === '--version') return `${about.version}\n`
  if (first === '--help' || first === '-h') return helpOfCommands()
  const names = Object.keys(commands)
  const isGroup = names.some(name => name.startsWith(`${first} `))
  if (isGroup && (second === '' || second.startsWith('-'))) return helpOfCommands(first)
  const asked = isGroup ? `${first} ${second}` : first
  throw new CommandError(
    'usage',
    `There is no command ${JSON.stringify(asked)}; did you mean "${closest(asked, names)}"? latchkey --help lists all.`
  )
}

function checkOperands(name: string, { operands = [] }: Command, given: readonly string[]) {
  const missing = operands[given.length]
  const surplus = given[operands.length]
  if (missing) throw new CommandError('usage', `${missing} is missing. latchkey ${name} --help says more.`)
  if (surplus !== undefined)
    throw new CommandError('usage', `Unexpected argument ${JSON.stringify(surplus)}. It takes no more.`)
}

function contextOf(
  { stdout, stderr, config, now, log }: Surroundings,
  isForPrograms: boolean,
  values: Context['values'],
  operands: Context['operands']
): Context {
  const cleared = stderr.isTTY === true && !isForPrograms ? CLEARED : ''
  return {
    values,
    operands,
    isWatched: stdout.isTTY === true && !isForPrograms,
    config,
    now,
    log,
    report(result, text) {
      if (cleared) stderr.write(cleared)
      stdout.write(isForPrograms ? `${JSON.stringify(result)}\n` : text)
    },
    progress(text) {
      if (cleared) stderr.write(`${cleared}${text}`)
    }
  }
}
