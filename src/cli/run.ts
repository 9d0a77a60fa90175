import { findNearest } from '../config/nearest.ts'
import { packageInfo } from '../config/package-info.ts'
import type { CommandContext } from './command.ts'
import { parseCommandLine } from './command-line.ts'
import { type CommandEntry, commands } from './commands.ts'
import { CommandError, toExitCode, toMessage } from './exit-codes.ts'
import { formatCommandHelp, formatCommandList } from './help.ts'

interface Output {
  readonly isTTY?: boolean
  readonly write: (text: string) => unknown
}

/** The surroundings of the program: streams, settings, clock. */
export interface ProgramContext extends Pick<CommandContext, 'config' | 'environment' | 'now' | 'log'> {
  readonly stdout: Output
  readonly stderr: Output
}

/** Clears the current line of a terminal. */
const CLEAR_LINE = '\r\u001B[K'

/**
 * Runs the command that the arguments name.
 * @param args the arguments after the name of the program
 * @returns the exit code; for `serve` 0 means that the service runs
 */
export async function run(args: readonly string[], program: ProgramContext): Promise<number> {
  const isJson = args.includes('--json')
  try {
    await dispatch(args, program, isJson)
    return 0
  } catch (error) {
    const message = toMessage(error)
    program.stderr.write(`${isJson ? JSON.stringify({ error: message }) : message}\n`)
    return toExitCode(error)
  }
}

async function dispatch(args: readonly string[], program: ProgramContext, isJson: boolean) {
  const print = (text: string) => program.stdout.write(text)
  // `--json` means the same before the command as after it.
  const [first = 'help', ...rest] = args[0] === '--json' ? args.slice(1) : args
  if (['--version', '-v', 'version'].includes(first)) return print(`${packageInfo.version}\n`)
  if (['--help', '-h', 'help'].includes(first)) return print(await getHelp(rest))

  const name = findCommandName([first, ...rest])
  if (!name) return print(getGroupHelp(first, rest))
  const command = await loadCommand(name)
  const { values, operands } = parseCommandLine(name, command, [first, ...rest].slice(name.split(' ').length))
  if (values.help) return print(formatCommandHelp(name, command))
  await command.run(createContext(program, isJson, values, operands))
}

const findCommandName = ([first, second]: readonly string[]) =>
  [`${first} ${second}`, `${first}`].find(name => Object.hasOwn(commands, name))

const loadCommand = async (name: string) => (await (commands[name] as CommandEntry).load()).default

/** @throws {CommandError} when the words name no command */
async function getHelp(words: readonly string[]): Promise<string> {
  const requestedWords = words.filter(word => !word.startsWith('-'))
  const name = findCommandName(requestedWords)
  if (name) return formatCommandHelp(name, await loadCommand(name))
  return requestedWords[0] === undefined
    ? formatCommandList()
    : getGroupHelp(requestedWords[0], requestedWords.slice(1))
}

/** @throws {CommandError} when the words name no group of commands */
function getGroupHelp(first: string, [second = '']: readonly string[]): string {
  const isGroup = commandNames.some(name => name.startsWith(`${first} `))
  if (isGroup && (second === '' || second.startsWith('-'))) return formatCommandList(first)
  throw createUnknownCommandError(first, second, isGroup)
}

const commandNames = Object.keys(commands)
const commandGroups = [
  ...new Set(commandNames.filter(name => name.includes(' ')).map(name => `${name.split(' ')[0]}`))
]

function createUnknownCommandError(first: string, second: string, isGroup: boolean) {
  const fullName = `${first} ${second}`
  const closestName = findNearest(fullName.toLowerCase(), commandNames, length => length / 3)
  const requested = isGroup || closestName ? fullName.trim() : first
  const suggestion =
    closestName ??
    commandNames.find(name => name.endsWith(` ${first}`)) ??
    (isGroup
      ? undefined
      : findNearest(first.toLowerCase(), [...commandNames, ...commandGroups], length => length / 3))
  const hint = suggestion ? `; did you mean "${suggestion}"?` : '.'
  return new CommandError(
    'usage',
    `There is no command ${JSON.stringify(requested)}${hint} See latchkey --help.`
  )
}

function createContext(
  { stdout, stderr, ...inherited }: ProgramContext,
  isJson: boolean,
  values: CommandContext['values'],
  operands: CommandContext['operands']
): CommandContext {
  const clearLine = stderr.isTTY === true && !isJson ? CLEAR_LINE : ''
  return {
    values,
    operands,
    isInteractive: stdout.isTTY === true && !isJson,
    ...inherited,
    report(result, text) {
      if (clearLine) stderr.write(clearLine)
      stdout.write(isJson ? `${JSON.stringify(result)}\n` : text)
    },
    progress(text) {
      if (clearLine) stderr.write(`${clearLine}${text}`)
    }
  }
}
