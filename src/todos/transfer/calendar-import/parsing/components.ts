import { validationFailed } from '../../../../problems/problem.ts'
import { type ContentLine, readContentLines } from './content-lines.ts'
import { clip, type Property, parseProperty } from './properties.ts'

/** What is read of a calendar, in its order: the ends of components, and properties. */
export interface CalendarPart {
  readonly kind: 'begin' | 'end' | 'property'
  readonly property: Property
  /** The names of the component and of those around it, such as `VCALENDAR/VTODO`. */
  readonly path: string
}

/** How deep components may be nested; those of the standard are three levels deep. */
const MAX_DEPTH = 8

interface OpenComponent {
  readonly line: number
  readonly name: string
  readonly path: string
}

/**
 * Reads the parts of the calendars of a file, a slice at a time.
 * @throws {Problem} `validation_failed` when components are not nested as they must be, with a pointer to the line
 */
export async function* readCalendarParts(bytes: Buffer): AsyncGenerator<readonly CalendarPart[]> {
  const open: OpenComponent[] = []
  let isEmpty = true
  for await (const lines of readContentLines(bytes)) {
    if (lines.length > 0) isEmpty = false
    yield lines.map(line => toPart(line, open))
  }
  const [unended] = open.slice(-1)
  if (unended) throw lineError(unended.line, `${unended.name} has no END; the file may be cut off`)
  if (isEmpty) throw lineError(1, NO_CALENDAR)
}

/** A problem with one line. */
export const lineError = (line: number, detail: string) => validationFailed(toLineFault(line, detail))

/** A fault of a line: the pointer counts lines from 0, as in any import, and the text from 1, as editors do. */
export const toLineFault = (line: number, detail: string) => ({
  pointer: `/${line - 1}`,
  detail: `line ${line}: ${detail}`
})

const NO_CALENDAR = 'is outside a calendar; give a file that begins with BEGIN:VCALENDAR'

/** @param open the components around the line, which a BEGIN or END changes */
function toPart(line: ContentLine, open: OpenComponent[]): CalendarPart {
  const property = parseProperty(line)
  const parent = open.at(-1)
  const path = parent?.path ?? ''
  if (property.name !== 'BEGIN' && property.name !== 'END') {
    if (!parent) throw lineError(line.line, NO_CALENDAR)
    return { kind: 'property', property, path }
  }
  const name = clip(property.value.trim().toUpperCase())
  if (property.name === 'BEGIN') {
    const component = begin(name, line.line, parent, open.length)
    open.push(component)
    return { kind: 'begin', property, path: component.path }
  }
  if (parent?.name !== name) {
    if (!parent) throw lineError(line.line, NO_CALENDAR)
    throw lineError(
      line.line,
      `END:${name} comes before the end of ${parent.name}, which begins in line ${parent.line}`
    )
  }
  open.pop()
  return { kind: 'end', property, path }
}

function begin(name: string, line: number, parent: OpenComponent | undefined, depth: number): OpenComponent {
  if (!parent && name !== 'VCALENDAR') throw lineError(line, NO_CALENDAR)
  if (depth === MAX_DEPTH)
    throw lineError(line, `${name} is nested too deep; at most ${MAX_DEPTH} levels are read`)
  return { line, name, path: parent ? `${parent.path}/${name}` : name }
}
