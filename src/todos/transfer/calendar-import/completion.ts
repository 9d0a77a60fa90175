import { toInstant } from '../../../time/local-times.ts'
import { isUtcInstant } from '../../../time/rfc3339.ts'
import type { ImportLine } from '../import-line.ts'
import { clip, type Property, parseTime } from './parsing/properties.ts'
import type { TodoSource } from './todo-source.ts'

/** Whether a to-do of a status is done (RFC 5545, section 3.8.1.11). */
const DONE_BY_STATUS = new Map([
  ['NEEDS-ACTION', false],
  ['IN-PROCESS', false],
  ['COMPLETED', true],
  ['CANCELLED', true]
])
/** States that a todo has not. */
const INEXACT_STATUSES = ['IN-PROCESS', 'CANCELLED']

type Completion = Pick<ImportLine, 'done' | 'createdAt' | 'updatedAt' | 'completedAt'>

/** Reads whether a to-do is done, and its times. The status decides where properties contradict each other. */
export function readCompletion(source: TodoSource): Completion {
  const { get, addNote } = source
  const [completed, percent, created] = [get('COMPLETED'), get('PERCENT-COMPLETE'), get('CREATED')]
  const percentage = percent?.value.trim()
  const done = readStatus(source) ?? (completed !== undefined || percentage === '100')
  if (percent && percentage !== (done ? '100' : '0'))
    addNote(percent.line, 'PERCENT-COMPLETE was left out: a todo is done or not')
  if (completed && !done)
    addNote(completed.line, 'COMPLETED was left out: by its STATUS the todo is not done')

  const completedAt = done ? readInstant(completed, source) : undefined
  const updatedAt = readInstant(get('LAST-MODIFIED'), source)
  const createdAt = readInstant(created, source)
  const isTooLate =
    created && createdAt && [completedAt, updatedAt].some(time => time !== undefined && time < createdAt)
  if (isTooLate) addNote(created.line, 'CREATED was left out: it is later than LAST-MODIFIED or COMPLETED')
  return {
    done,
    ...(createdAt && !isTooLate && { createdAt }),
    ...(updatedAt && { updatedAt }),
    ...(completedAt && { completedAt })
  }
}

function readStatus({ get, addNote }: TodoSource): boolean | undefined {
  const status = get('STATUS')
  if (!status) return undefined
  const name = status.value.trim().toUpperCase()
  const done = DONE_BY_STATUS.get(name)
  if (done === undefined) addNote(status.line, `STATUS was left out: ${clip(name)} is not known`)
  else if (INEXACT_STATUSES.includes(name))
    addNote(status.line, `STATUS is ${name}; the todo was taken over as ${done ? 'done' : 'not done'}`)
  return done
}

/** An instant, such as `2026-03-29T09:00:00Z`. Some programs write local times, against section 3.8.7. */
function readInstant(property: Property | undefined, source: TodoSource): string | undefined {
  if (!property) return undefined
  const { name, line, value, parameters } = property
  const { dateTime, isUtc } = parseTime(value) ?? {}
  const zone = source.findZone(parameters.get('TZID') ?? '') ?? source.defaultZone
  const instant = isUtc ? `${dateTime}Z` : dateTime && zone && formatInstant(dateTime, zone)
  const isAccepted = instant !== undefined && isUtcInstant(instant)
  // No later change of the todo could have a time before it.
  const isFuture = isAccepted && Date.parse(instant) > source.now.getTime()
  if (isAccepted && !isFuture) return instant
  const hasNoZone = dateTime && !isUtc && !zone
  const reason = isFuture
    ? 'is in the future'
    : hasNoZone
      ? NO_ZONE
      : 'is no time since 1970 such as 20260329T090000Z'
  source.addNote(line, `${name} was left out: it ${reason}`)
  return undefined
}

const NO_ZONE = 'has no known time zone. The parameter timeZone gives such times a zone'

const formatInstant = (dateTime: string, timeZone: string) =>
  `${new Date(toInstant(Date.parse(`${dateTime}Z`), timeZone)).toISOString().slice(0, 19)}Z`
