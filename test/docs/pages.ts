import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

export interface Page {
  /** The path from the root. */
  readonly path: string
  readonly text: string
}

const readPage = (path: string): Page => ({ path, text: readFileSync(join(ROOT, path), 'utf8') })

/** Everything that is written for people: README first, since others go on from there. */
export const pages: readonly Page[] = [
  'README.md',
  ...globSync('docs/**/*.md', { cwd: ROOT }).sort(),
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md'
].map(readPage)

export interface Block {
  readonly language: string
  readonly text: string
}

/** The fenced blocks of a page, in their order. */
export const readBlocks = ({ text }: Page): Block[] =>
  Array.from(text.matchAll(/^```(\w*)\n(.*?)^```$/gms), ([, language = '', block = '']) => ({
    language,
    text: block
  }))

/** The cells of the rows of all tables of a page. */
export const readRows = ({ text }: Page): string[][] =>
  text
    .split('\n')
    .filter(line => line.startsWith('|'))
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim())
    )

/** What a cell has in code spans. */
export const readCode = (cell = ''): string[] =>
  Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = '']) => code)
