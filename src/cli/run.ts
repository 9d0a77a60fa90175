import { about } from '../about.ts'
import { nearest } from '../nearest.ts'
import type { Context } from './command.ts'
import { readCommandLine } from './command-line.ts'
import { commands, type Entry } from './commands.ts'
import { CommandError, exitCodeOf, messageOf } from './exit-codes.ts'
import { helpOf, helpOfCommands } from './help.ts'

interface Output {
  readonly isTTY?: boolean
  readonly write: (text: string) => unknown
}

/** What the program finds around itself. */
export interface Surroundings extends Pick<Context, 'config' | 'environment' | 'now' | 'log'> {
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
    const message = messageOf(error)
    surroundings.stderr.write(`${isForPrograms ? JSON.stringify({ error: message }) : message}\n`)
    return exitCodeOf(error)
  }
}

async function dispatch(args: readonly string[], surroundings: Surroundings, isForPrograms: boolean) {
  const print = (text: string) => surroundings.stdout.write(text)
  // Before the command it means the same as behind.
  const [first = 'help', ...rest] = args[0] === '--json' ? args.slice(1) : args
  if (['--version', '-v', 'version'].includes(first)) return print(`${about.version}\n`)
  if (['--help', '-h', 'help'].includes(first)) return print(await helpOn(rest))

  const name = commandIn([first, ...rest])
  if (!name) return print(helpOfGroup(first, rest))
  const command = await load(name)
  const { values, operands } = readCommandLine(name, command, [first, ...rest].slice(name.split(' ').length))
  if (values.help) return print(helpOf(name, command))
  await command.run(contextOf(surroundings, isForPrograms, values, operands))
}

const commandIn = ([first, second]: readonly string[]) =>
  [`${first} ${second}`, `${first}`].find(name => Object.hasOwn(commands, name))

const load = async (name: string) => (await (commands[name] as Entry).load()).default

/** @throws {CommandError} when help was asked for on what is no command */
async function helpOn(words: readonly string[]): Promise<string> {
  const asked = words.filter(word => !word.startsWith('-'))
  const name = commandIn(asked)
  if (name) return helpOf(name, await load(name))
  return asked[0] === undefined ? helpOfCommands() : helpOfGroup(asked[0], asked.slice(1))
}

/** @throws {CommandError} when a command was asked for that is none */
function helpOfGroup(first: string, [second = '']: readonly string[]): string {
  const isGroup = names.some(name => name.startsWith(`${first} `))
  if (isGroup && (second === '' || second.startsWith('-'))) return helpOfCommands(first)
  throw refuseCommand(first, second, isGroup)
}

const names = Object.keys(commands)
const groups = [...new Set(names.filter(name => name.includes(' ')).map(name => `${name.split(' ')[0]}`))]

function refuseCommand(first: string, second: string, isGroup: boolean) {
  const both = `${first} ${second}`
  const whole = nearest(both.toLowerCase(), names, length => length / 3)
  const asked = isGroup || whole ? both.trim() : first
  const meant =
    whole ??
    names.find(name => name.endsWith(` ${first}`)) ??
    (isGroup ? undefined : nearest(first.toLowerCase(), [...names, ...groups], length => length / 3))
  const hint = meant ? `; did you mean "${meant}"?` : '.'
  return new CommandError(
    'usage',
    `There is no command ${JSON.stringify(asked)}${hint} latchkey --help lists all.`
  )
}

function contextOf(
  { stdout, stderr, ...found }: Surroundings,
  isForPrograms: boolean,
  values: Context['values'],
  operands: Context['operands']
): Context {
  const cleared = stderr.isTTY === true && !isForPrograms ? CLEARED : ''
  return {
    values,
    operands,
    isWatched: stdout.isTTY === true && !isForPrograms,
    ...found,
    report(result, text) {
      if (cleared) stderr.write(cleared)
      stdout.write(isForPrograms ? `${JSON.stringify(result)}\n` : text)
    },
    progress(text) {
      if (cleared) stderr.write(`${cleared}${text}`)
    }
  }
}
