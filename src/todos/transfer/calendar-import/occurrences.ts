import type { Due } from '../../content/due.ts'
import { toDay } from '../../recurrence/series.ts'
import type { ImportLine } from '../import-line.ts'
import { parseDue, readDue } from './due.ts'
import type { Property } from './parsing/properties.ts'
import type { TodoComponent } from './parsing/todo-components.ts'
import type { TodoSource } from './todo-source.ts'

/** A to-do that recurs, as it was read. */
export interface RecurringTodo {
  readonly component: TodoComponent
  readonly line: ImportLine
  /** The first date of its series. */
  readonly start: Due
}

/** What each component of a series has for itself. */
const OWN_PROPERTIES = [
  'COMPLETED',
  'CREATED',
  'DTSTART',
  'DUE',
  'DURATION',
  'LAST-MODIFIED',
  'RECURRENCE-ID',
  'RRULE'
]

/**
 * Reads a change of one occurrence (RECURRENCE-ID): the date to which the present one was moved. Other changes cannot be taken over.
 * @param todo the to-do whose occurrence it is, if it came before
 * @returns the line of the to-do with its date
 */
export function readOccurrence(
  component: TodoComponent,
  source: TodoSource,
  todo: RecurringTodo | undefined
): ImportLine | undefined {
  const { addNote } = source
  const recurrenceId = source.get('RECURRENCE-ID') as Property
  const occurrence = parseDue(recurrenceId, source)
  const isPresent = todo && occurrence && toDay(occurrence) === toDay(todo.start)
  const isMove = isPresent && isEqual('STATUS', component, todo.component)
  const due = isMove ? readDue(source) : null
  if (!due || !todo) {
    addNote(recurrenceId.line, 'this change of one occurrence (RECURRENCE-ID) was left out as a whole')
    return undefined
  }
  for (const [name, [property]] of component.properties)
    if (property && !OWN_PROPERTIES.includes(name) && !isEqual(name, component, todo.component))
      addNote(property.line, `${name} of one occurrence was left out: only its date may be another`)
  return { ...todo.line, due, seriesStart: todo.start }
}

/** Whether two components say the same in the properties of a name. */
function isEqual(name: string, { properties }: TodoComponent, other: TodoComponent): boolean {
  const [values, others] = [properties, other.properties].map(all => all.get(name)?.map(({ value }) => value))
  return values?.join('\n') === others?.join('\n')
}
