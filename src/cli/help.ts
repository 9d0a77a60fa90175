import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { EXIT } from './exit-codes.ts'

const COMMON_OPTIONS = [
  ['--json', 'answers with one line of JSON'],
  ['-h, --help', 'shows this text']
]

/** The list of all commands, or of a group such as `users`. */
export function formatCommandList(group = ''): string {
  const entries = Object.entries(commands).filter(([name]) => name.startsWith(group))
  const codes = Object.values(EXIT).map(({ code, meaning }) => [`${code}`, meaning])
  return [
    `Usage: latchkey ${group}${group && ' '}COMMAND [options]`,
    formatColumns(entries.map(([name, { summary }]) => [name, summary])),
    '`latchkey COMMAND --help` explains a command. Settings come from the environment and from .env in this directory.',
    'Exit codes: 0 for success, otherwise',
    formatColumns(codes),
    ''
  ].join('\n\n')
}

/** The help of a command: its usage, description and options. */
export function formatCommandHelp(
  name: string,
  { description, operands = [], options = {} }: Command
): string {
  const commandOptions = Object.entries(options).map(([option, { placeholder, help }]) => [
    [`--${option}`, placeholder].join(' ').trim(),
    help
  ])
  return [
    `Usage: ${['latchkey', name, ...operands, '[options]'].join(' ')}`,
    description,
    formatColumns([...commandOptions, ...COMMON_OPTIONS]),
    ''
  ].join('\n\n')
}

function formatColumns(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([first = '']) => first.length))
  return rows.map(([first = '', second = '']) => `  ${first.padEnd(width)}  ${second}`).join('\n')
}
