import { type ParseArgsConfig, parseArgs } from 'node:util'
import { settingNear } from '../misspelt.ts'
import { nearest } from '../nearest.ts'
import type { Command, Context } from './command.ts'
import { CommandError } from './exit-codes.ts'

type Line = Pick<Context, 'values' | 'operands'>

/**
 * Reads what stands behind the name of a command.
 * @throws {CommandError} when it is not what the command takes
 */
export function readCommandLine(name: string, command: Command, args: readonly string[]): Line {
  const options: NonNullable<ParseArgsConfig['options']> = {
    ...command.options,
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' }
  }
  // Node's own refusals speak to programmers.
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
      throw refuseOption(name, token.rawName, Object.keys(options), value)
    }
    const { rawName, value, inlineValue } = token
    const takesValue = options[token.name]?.type === 'string'
    if (!takesValue && value !== undefined) throw usage(name, `${rawName} takes no value.`)
    if (takesValue && (!value || (value.startsWith('-') && !inlineValue)))
      throw usage(name, `${rawName} needs a value.`)
  }
  if (!values.help) checkOperands(name, command, positionals)
  return { values: values as Context['values'], operands: positionals }
}

function refuseOption(name: string, option: string, known: readonly string[], value = '') {
  const bare = option.replace(/^-+/, '')
  const setting = settingNear(bare.replaceAll('-', '_'))
  const shown = /^\d+$/.test(value) ? value : '…'
  if (setting)
    return usage(
      name,
      `Unknown option '${option}': settings come from the environment or .env, as in ${setting}=${shown} latchkey ${name}.`
    )
  const meant = nearest(bare, known, length => length / 3)
  return usage(name, `Unknown option '${option}'${meant ? `; did you mean --${meant}?` : '.'}`)
}

function checkOperands(name: string, { operands = [] }: Command, given: readonly string[]) {
  // Of a variable in a script that is not set there remains an empty text.
  const missing = operands.find((_, index) => !given[index]?.trim())
  const surplus = given[operands.length]
  if (missing) throw usage(name, `${missing} is missing.`)
  if (surplus !== undefined)
    throw new CommandError('usage', `Unexpected argument ${JSON.stringify(surplus)}. It takes no more.`)
}

const usage = (name: string, fault: string) =>
  new CommandError('usage', `${fault} latchkey ${name} --help says more.`)
