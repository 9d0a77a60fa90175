import fc from 'fast-check'
import t from 'tap'
import { firstOccurrence, lastOccurrence, nextOccurrence } from '../../../src/todos/recurrence/occurrences.ts'
import { parseRule } from '../../../src/todos/recurrence/rule.ts'
import { day, ruleText } from './arbitrary-rule.ts'
import { getRefusal } from './series.ts'

/** The worst call took five to eight on a busy machine. A search day by day takes hundreds. */
const MAX_MILLISECONDS = 30

/** Whether all questions about a series are answered in time. What else the process does counts as well, so it may try again. */
function isAnsweredInTime(text: string, start: string, after: string): boolean {
  const rule = parseRule(text)
  const questions = [
    () => firstOccurrence(rule, start),
    () => nextOccurrence(rule, start, after),
    () => lastOccurrence(rule, start)
  ]
  return questions.every(ask => [1, 2, 3].some(() => measure(ask) < MAX_MILLISECONDS))
}

/** The time of the processor that a call takes, in milliseconds. */
function measure(call: () => void): number {
  const start = process.cpuUsage()
  call()
  return process.cpuUsage(start).user / 1000
}

const CRUEL = [
  ...[1, 29, 70, 7007].flatMap(interval =>
    [
      'BYMONTH=2;BYMONTHDAY=29;BYDAY=MO',
      'BYMONTH=2;BYMONTHDAY=30',
      'BYDAY=TU,WE,TH,FR,SA,SU',
      'BYMONTHDAY=31;BYDAY=MO'
    ].map(parts => `FREQ=DAILY;INTERVAL=${interval};${parts}`)
  ),
  ...[1, 7, 4800].flatMap(interval =>
    [
      'FREQ=WEEKLY;BYMONTH=2;BYDAY=MO,SU;BYSETPOS=3',
      'FREQ=WEEKLY;BYMONTH=2;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=7',
      'FREQ=MONTHLY;BYMONTHDAY=29;BYMONTH=2;BYDAY=MO',
      'FREQ=MONTHLY;BYMONTHDAY=31;BYDAY=MO;BYSETPOS=2',
      'FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2',
      'FREQ=YEARLY;BYDAY=53MO',
      'FREQ=YEARLY;BYMONTHDAY=1,2,3,4,5,-1,-2,-3;BYSETPOS=97'
    ].map(rule => `${rule};INTERVAL=${interval}`)
  )
]

t.test('[R5545-3.3.10] the work is bounded for any rule', async t => {
  for (const rule of CRUEL)
    for (const [end, start, after] of [
      ['', '2026-01-05', '2026-01-05'],
      ['', '9999-12-31', '9999-12-31'],
      [';COUNT=1000', '0001-01-01', '9999-12-30'],
      [';UNTIL=99991231', '0001-01-01', '9999-12-30']
    ] as const)
      t.ok(isAnsweredInTime(rule + end, start, after), `${rule}${end} from ${start}`)
})

t.test('any text is a rule that is answered at once, or refused', async t => {
  const part = fc.constantFrom(
    ...[
      'FREQ',
      'INTERVAL',
      'COUNT',
      'UNTIL',
      'BYMONTH',
      'BYMONTHDAY',
      'BYDAY',
      'BYSETPOS',
      'WKST',
      'BYHOUR',
      ''
    ]
  )
  const value = fc.oneof(
    fc.integer({ min: -60, max: 10_001 }).map(String),
    fc.constantFrom(
      'DAILY',
      'WEEKLY',
      'MONTHLY',
      'YEARLY',
      'MO',
      '-1SU',
      '5TH',
      '20260329',
      '99991231T235959Z'
    ),
    fc.string({ maxLength: 8 })
  )
  const assignment = fc
    .tuple(part, fc.array(value, { maxLength: 4 }))
    .map(([name, values]) => `${name}=${values.join()}`)
  const assignments = fc
    .tuple(fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'), fc.array(assignment, { maxLength: 4 }))
    .map(([frequency, others]) => [`FREQ=${frequency}`, ...others].join(';'))
  const mutated = fc
    .tuple(ruleText, fc.nat(60), fc.nat(2), fc.string({ maxLength: 2 }))
    .map(([text, index, length, insertion]) => text.slice(0, index) + insertion + text.slice(index + length))
  const counts = { accepted: 0, refused: 0 }
  fc.assert(
    fc.property(fc.oneof(fc.string(), assignments, mutated), day, day, (text, start, after) => {
      const refusal = getRefusal(text)
      counts[refusal === undefined ? 'accepted' : 'refused']++
      if (refusal === undefined) t.ok(isAnsweredInTime(text, start, after), text)
      else t.match(refusal, /^(has|is) .+; give .+|; the parts are /, text)
    }),
    { numRuns: 600 }
  )
  t.ok(counts.accepted > 50 && counts.refused > 50, JSON.stringify(counts))
})
