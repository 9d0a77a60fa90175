import {
  clip,
  type Frequency,
  formatWeekday,
  MAX_COUNT,
  MAX_INTERVAL,
  parseFrequency,
  parseNumber,
  parseNumbers,
  parseSignedNumbers,
  parseUntil,
  parseWeekday,
  parseWeekdays,
  RecurrenceRuleError,
  WEEKDAYS,
  type WeekdayOrdinal
} from './rule-parts.ts'

/** The longest text of a rule, in characters. */
export const MAX_RULE = 500

/** The parts of a rule, in the order of the canonical text. */
export const RULE_PARTS = [
  'FREQ',
  'INTERVAL',
  'COUNT',
  'UNTIL',
  'BYMONTH',
  'BYMONTHDAY',
  'BYDAY',
  'BYSETPOS',
  'WKST'
] as const
type RulePart = (typeof RULE_PARTS)[number]

/** How a series repeats: RRULE (RFC 5545, section 3.3.10) by days. A part that the text leaves out is an empty list. */
export interface RecurrenceRule {
  readonly frequency: Frequency
  readonly interval: number
  readonly count: number | undefined
  /** The last day, or the last time as the text has it: `2026-03-29`, `2026-03-29T09:00:00` or `2026-03-29T09:00:00Z`. */
  readonly until: string | undefined
  readonly byMonth: readonly number[]
  readonly byMonthDay: readonly number[]
  readonly byDay: readonly WeekdayOrdinal[]
  readonly bySetPos: readonly number[]
  /** The weekday with which a week begins: 0 is Monday. */
  readonly weekStart: number
}

/**
 * Reads a recurrence rule such as `FREQ=WEEKLY;BYDAY=MO,TH`, with or without `RRULE:` before it, in any case and order.
 * @throws {RecurrenceRuleError} that says what is wrong, and what is accepted
 */
export function parseRule(text: string): RecurrenceRule {
  if (text.length > MAX_RULE)
    throw new RecurrenceRuleError(`has ${text.length} characters; give at most ${MAX_RULE}`)
  const parts = splitRule(text)
  const parse = <Value>(part: RulePart, parseValue: (value: string) => Value) => {
    const value = parts.get(part)
    return value === undefined ? undefined : parseValue(value)
  }
  const frequency = parse('FREQ', parseFrequency)
  if (!frequency) throw new RecurrenceRuleError('has no FREQ; give one, such as FREQ=WEEKLY')
  const rule: RecurrenceRule = {
    frequency,
    interval: parse('INTERVAL', value => parseNumber('INTERVAL', value, MAX_INTERVAL)) ?? 1,
    count: parse('COUNT', value => parseNumber('COUNT', value, MAX_COUNT)),
    until: parse('UNTIL', parseUntil),
    byMonth: parse('BYMONTH', value => parseNumbers('BYMONTH', value, 12)) ?? [],
    byMonthDay: parse('BYMONTHDAY', value => parseSignedNumbers('BYMONTHDAY', value, 31)) ?? [],
    byDay: parse('BYDAY', parseWeekdays) ?? [],
    bySetPos: parse('BYSETPOS', value => parseSignedNumbers('BYSETPOS', value, 366)) ?? [],
    weekStart: parse('WKST', parseWeekday) ?? 0
  }
  assertPartsFit(rule)
  return rule
}

/** Splits the text of a rule. @returns the values by the names of their parts */
function splitRule(text: string): Map<RulePart, string> {
  // Upper case is for ASCII only: other letters, such as the long s, would become letters of a name.
  if (/[^!-~]/.test(text))
    throw new RecurrenceRuleError('has a space, or a character beyond ASCII; give a rule such as FREQ=WEEKLY')
  const content = text.toUpperCase().replace(/^RRULE:/, '')
  if (content === '') throw new RecurrenceRuleError('is empty; give a rule such as FREQ=WEEKLY;BYDAY=MO,TH')
  const parts = new Map<RulePart, string>()
  for (const assignment of content.split(';')) {
    if (assignment === '')
      throw new RecurrenceRuleError(
        'has an empty part; give one semicolon between two parts, and none at the ends'
      )
    const [name = '', value, ...rest] = assignment.split('=')
    const part = findPart(name || assignment)
    if (!value || rest.length > 0)
      throw new RecurrenceRuleError(`has the part ${clip(assignment)}; give it as ${part}=value`)
    if (parts.has(part)) throw new RecurrenceRuleError(`has ${part} more than once; give it once`)
    parts.set(part, value)
  }
  return parts
}

function findPart(name: string): RulePart {
  const part = RULE_PARTS.find(rulePart => rulePart === name)
  if (part) return part
  throw new RecurrenceRuleError(
    `has the part ${clip(name)}, which is not accepted; the parts are ${RULE_PARTS.join(', ')}`
  )
}

/** @throws {RecurrenceRuleError} when a part may not stand beside another */
function assertPartsFit({
  frequency,
  count,
  until,
  byMonth,
  byMonthDay,
  byDay,
  bySetPos
}: RecurrenceRule): void {
  if (count !== undefined && until !== undefined)
    throw new RecurrenceRuleError('has COUNT and UNTIL; give one of them')
  if (frequency === 'WEEKLY' && byMonthDay.length > 0)
    throw new RecurrenceRuleError(
      'has BYMONTHDAY, which a WEEKLY rule cannot have; give BYDAY, or FREQ=MONTHLY'
    )
  const weekday = byDay.find(({ ordinal }) => ordinal !== 0)
  if (weekday && (frequency === 'DAILY' || frequency === 'WEEKLY'))
    throw new RecurrenceRuleError(
      `has BYDAY=${formatWeekday(weekday)}, which a ${frequency} rule cannot have; ` +
        `give ${WEEKDAYS[weekday.weekday]} without a number, or FREQ=MONTHLY or YEARLY`
    )
  if (bySetPos.length > 0 && byMonth.length + byMonthDay.length + byDay.length === 0)
    throw new RecurrenceRuleError('has BYSETPOS alone; give what it picks from: BYDAY, BYMONTHDAY or BYMONTH')
}

/** Writes a rule in its canonical form: parts and their values in order, defaults and repetitions left out. */
export function formatRule(rule: RecurrenceRule): string {
  const values: Record<RulePart, string | number | undefined> = {
    FREQ: rule.frequency,
    INTERVAL: rule.interval === 1 ? undefined : rule.interval,
    COUNT: rule.count,
    UNTIL: rule.until?.replaceAll(/[-:]/g, ''),
    BYMONTH: rule.byMonth.join(),
    BYMONTHDAY: rule.byMonthDay.join(),
    BYDAY: rule.byDay.map(formatWeekday).join(),
    BYSETPOS: rule.bySetPos.join(),
    WKST: rule.weekStart === 0 ? undefined : WEEKDAYS[rule.weekStart]
  }
  return RULE_PARTS.filter(part => values[part])
    .map(part => `${part}=${values[part]}`)
    .join(';')
}
