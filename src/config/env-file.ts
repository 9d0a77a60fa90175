import { execFileSync } from 'node:child_process'
import { lstatSync, readFileSync, type Stats, statSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { describeSystemError } from '../process/system-error.ts'

/** The largest file of settings, in bytes: far more than anybody writes, far less than memory. */
const MAX_SIZE = 1_048_576

/** Milliseconds in which somebody must write to a pipe of settings. */
const PIPE_TIMEOUT = 5000

/** The variables in a file of settings, and its faults, one line each. A line never quotes a value. */
export interface EnvFile {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly faults: readonly string[]
}

/**
 * Reads a file of lines `NAME=VALUE` as Node does, and reports what Node ignores in silence.
 * @param pipeTimeout milliseconds to wait for the text of a pipe
 * @returns no variables and no faults when there is no such file
 */
export function readEnvFile(file: string, pipeTimeout = PIPE_TIMEOUT): EnvFile {
  const toFaultyFile = (...faults: string[]): EnvFile => ({
    variables: {},
    faults: faults.map(fault => `${file}: ${fault}`)
  })
  if (!lstatSync(file, { throwIfNoEntry: false })) return toFaultyFile()
  try {
    const stats = statSync(file)
    if (!isReadable(stats))
      return toFaultyFile('it is not a file. Move it away, or put lines NAME=VALUE there.')
    if (stats.size > MAX_SIZE)
      return toFaultyFile(`it has ${stats.size} bytes; a file of settings may have ${MAX_SIZE}.`)
    const text = decodeText(stats.isFIFO() ? readPipe(file, pipeTimeout) : readFileSync(file))
    if (text === undefined) return toFaultyFile('it is not UTF-8 text. Save it as UTF-8.')
    return { variables: parseEnv(text), faults: toFaultyFile(...findFaults(text)).faults }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ETIMEDOUT')
      return toFaultyFile('nobody has written to this pipe. Move it away, or start its writer.')
    return toFaultyFile(`it cannot be read: ${describeSystemError(error)}.`)
  }
}

/** A pipe counts: secret managers offer such files as pipes. */
const isReadable = (stats: Stats) => stats.isFile() || stats.isFIFO()

/** In a process of its own, which can be ended: to open a pipe waits for whoever writes to it, maybe for ever. */
const readPipe = (file: string, timeout: number): Buffer =>
  execFileSync('cat', ['--', file], { timeout, maxBuffer: MAX_SIZE, stdio: ['ignore', 'pipe', 'ignore'] })

/** Removes the byte order mark that some editors write. @returns undefined for bytes that are not text in UTF-8 */
function decodeText(bytes: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}

const ASSIGNMENT = /[ \t]*(?:export[ \t]+)?[\w.-]+[ \t]*=[ \t]*/y
/** From a quote to the next one of its kind, also on a later line. */
const QUOTED = /"[^"]*"|'[^']*'|`[^`]*`/y
const REST_OF_LINE = /[^\n]*(\n|$)/y
const BLANK_OR_COMMENT = /^\s*(#|$)/

/** Finds lines that are neither empty, nor comments, nor `NAME=VALUE`. */
function* findFaults(text: string): Generator<string> {
  let offset = 0
  const consume = (pattern: RegExp) => {
    pattern.lastIndex = offset
    const [matched = ''] = pattern.exec(text) ?? []
    offset += matched.length
    return matched
  }
  while (offset < text.length) {
    const line = text.slice(0, offset).split('\n').length
    const isNamed = consume(ASSIGNMENT) !== ''
    const isQuoted = isNamed && consume(QUOTED) !== ''
    const rest = consume(REST_OF_LINE)
    if (!isNamed && !BLANK_OR_COMMENT.test(rest)) yield `line ${line} is not NAME=VALUE.`
    else if (isQuoted && !BLANK_OR_COMMENT.test(rest)) yield `line ${line} goes on behind a value in quotes.`
    else if (isNamed && /^["'`]/.test(rest)) yield `line ${line} has a quote that is never closed.`
  }
}
