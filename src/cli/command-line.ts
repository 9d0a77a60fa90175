import { type ParseArgsConfig, parseArgs } from 'node:util'
import { findNearestSetting } from '../config/misspelt.ts'
import { findNearest } from '../config/nearest.ts'
import type { Command, CommandContext } from './command.ts'
import { CommandError } from './exit-codes.ts'

type ParsedArguments = Pick<CommandContext, 'values' | 'operands'>

/**
 * Parses the options and operands after the name of a command.
 * @param args the arguments after the name
 * @throws {CommandError} for an unknown option, a missing value, a missing operand or an extra one
 */
export function parseCommandLine(name: string, command: Command, args: readonly string[]): ParsedArguments {
  const options: NonNullable<ParseArgsConfig['options']> = {
    ...command.options,
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' }
  }
  // Not strict: Node's own error messages are for programmers.
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: false,
    tokens: true,
    options
  })
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    if (!Object.hasOwn(options, token.name)) {
      const value = token.value ?? args[token.index + 1]
      throw createUnknownOptionError(name, token.rawName, Object.keys(options), value)
    }
    const { rawName, value, inlineValue } = token
    const takesValue = options[token.name]?.type === 'string'
    if (!takesValue && value !== undefined) throw createUsageError(name, `${rawName} takes no value.`)
    if (takesValue && (!value || (value.startsWith('-') && !inlineValue)))
      throw createUsageError(name, `${rawName} needs a value.`)
  }
  if (!values.help) assertOperands(name, command, positionals)
  return { values: values as CommandContext['values'], operands: positionals }
}

function createUnknownOptionError(name: string, option: string, knownNames: readonly string[], value = '') {
  const optionName = option.replace(/^-+/, '')
  const setting = findNearestSetting(optionName.replaceAll('-', '_'))
  const shownValue = /^\d+$/.test(value) ? value : '…'
  if (setting)
    return createUsageError(
      name,
      `Unknown option '${option}': settings come from the environment or .env, as in ${setting}=${shownValue} latchkey ${name}.`
    )
  const suggestion = findNearest(optionName, knownNames, length => length / 3)
  return createUsageError(
    name,
    `Unknown option '${option}'${suggestion ? `; did you mean --${suggestion}?` : '.'}`
  )
}

function assertOperands(name: string, { operands = [] }: Command, providedOperands: readonly string[]) {
  // An unset variable in a script becomes an empty text.
  const missing = operands.find((_, index) => !providedOperands[index]?.trim())
  const unexpected = providedOperands[operands.length]
  if (missing) throw createUsageError(name, `${missing} is missing.`)
  if (unexpected !== undefined)
    throw new CommandError('usage', `Unexpected argument ${JSON.stringify(unexpected)}.`)
}

const createUsageError = (name: string, fault: string) =>
  new CommandError('usage', `${fault} See latchkey ${name} --help.`)
