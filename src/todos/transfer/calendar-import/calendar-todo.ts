import type { Priority } from '../../content/content.ts'
import { normalizeTag } from '../../content/tags.ts'
import { MAX_TAGS } from '../../limits.ts'
import type { ImportLine } from '../import-line.ts'
import type { LineCheck } from '../import-lines.ts'
import { readCompletion } from './completion.ts'
import { readDue } from './due.ts'
import { clip, decodeText, decodeTexts, type Property } from './parsing/properties.ts'
import type { TodoComponent } from './parsing/todo-components.ts'
import { isListCategory, readPlacement, readPosition } from './placement.ts'
import { readRepeat } from './repeat.ts'
import type { TodoSource } from './todo-source.ts'

export interface TodoContext {
  /** The id of the todo of a UID. */
  readonly toId: (uid: string) => string
  /** The list for all todos, if the request names one. */
  readonly listId: string | undefined
  readonly check: LineCheck
}

/**
 * Converts a VTODO into a line of an import. What a todo cannot hold becomes a note. What it needs and what would have to be
 * cut is a fault.
 * @returns undefined for a VTODO that has a fault
 */
export function toImportLine(
  component: TodoComponent,
  source: TodoSource,
  { toId, listId, check }: TodoContext
): ImportLine | undefined {
  const { get, addNote, addFault } = source
  const [uid, summary] = [get('UID'), get('SUMMARY')]
  if (!summary) {
    addFault(component.line, 'VTODO has no SUMMARY; give it one')
    return undefined
  }
  if (!uid) addNote(component.line, 'VTODO has no UID, so each import makes the todo anew')
  for (const name of ['STYLED-DESCRIPTION', 'X-ALT-DESC']) {
    const formatted = get(name)
    if (formatted) addNote(formatted.line, `${name} was left out: a todo has plain text only`)
  }

  const due = readDue(source)
  const line: ImportLine = {
    ...(uid && { id: toId(decodeText(uid.value).trim()) }),
    title: readTitle(summary, addNote),
    description: readDescription(get('DESCRIPTION'), addNote),
    due,
    repeat: readRepeat(source, due),
    priority: readPriority(get('PRIORITY'), addNote),
    tags: readTags(
      source.getAll('CATEGORIES').filter(property => !isListCategory(property)),
      check,
      addNote
    ),
    ...readPlacement(source, { toId, listId }),
    ...readPosition(source, check),
    ...readCompletion(source)
  }
  const faults = check(line)
  for (const { pointer, detail } of faults) {
    const property = (pointer === '/description' ? get('DESCRIPTION') : undefined) ?? summary
    addFault(property.line, `${property.name} ${detail}`)
  }
  return faults.length > 0 ? undefined : line
}

type AddNote = TodoSource['addNote']

/** What stands for white space, which a title has none of but the space. */
const LINE_BREAKS = /[\t\n\v\f\r\p{Zl}\p{Zp}]+/gu
const CONTROL_CHARACTERS = /\p{Cc}/gu
const CONTROL_CHARACTERS_OF_TEXT = /(?![\t\n\r])\p{Cc}/gu

function readTitle({ line, value }: Property, addNote: AddNote): string {
  const text = decodeText(value).trim()
  const oneLine = text.replaceAll(LINE_BREAKS, ' ')
  if (oneLine !== text)
    addNote(line, 'SUMMARY has line breaks or tabs, which became spaces: a title is one line')
  return removeControlCharacters('SUMMARY', line, oneLine, CONTROL_CHARACTERS, addNote)
}

function readDescription(property: Property | undefined, addNote: AddNote): string | null {
  if (!property) return null
  const { line, name, value } = property
  return removeControlCharacters(name, line, decodeText(value), CONTROL_CHARACTERS_OF_TEXT, addNote)
}

function removeControlCharacters(
  name: string,
  line: number,
  text: string,
  pattern: RegExp,
  addNote: AddNote
) {
  const clean = text.replaceAll(pattern, '')
  if (clean !== text) addNote(line, `${name} has control characters, which were removed`)
  return clean
}

/** The priorities of 1 to 9 (section 3.8.1.9). */
function readPriority(property: Property | undefined, addNote: AddNote): Priority {
  const number = property?.value.trim() ?? '0'
  if (number === '0') return 'none'
  if (/^[1-4]$/.test(number)) return 'high'
  if (number === '5') return 'medium'
  if (/^[6-9]$/.test(number)) return 'low'
  if (property) addNote(property.line, 'PRIORITY was left out: it is no number from 0 to 9')
  return 'none'
}

/** The most texts of a VTODO that are read as tags. */
const MAX_CATEGORIES = 1000

function readTags(properties: readonly Property[], check: LineCheck, addNote: AddNote): string[] {
  const tags = new Set<string>()
  let count = 0
  for (const { line, value } of properties)
    for (const text of decodeTexts(value)) {
      count += 1
      if (count > MAX_CATEGORIES) {
        addNote(line, `more than ${MAX_CATEGORIES} categories are not read; the rest was left out`)
        return [...tags]
      }
      const tag = normalizeTag(text)
      if (tag === '' || tags.has(tag)) continue
      const [fault] = check({ title: 'x', tags: [tag] })
      if (fault) addNote(line, `the category ${clip(tag)} was left out: it ${fault.detail}`)
      else if (tags.size === MAX_TAGS)
        addNote(line, `the category ${clip(tag)} was left out: a todo has at most ${MAX_TAGS} tags`)
      else tags.add(tag)
    }
  return [...tags]
}
