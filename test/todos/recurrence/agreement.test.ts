import fc from 'fast-check'
import t from 'tap'
import { firstOccurrence, lastOccurrence, nextOccurrence } from '../../../src/todos/recurrence/occurrences.ts'
import { formatRule, parseRule } from '../../../src/todos/recurrence/rule.ts'
import { day, ruleText } from './arbitrary-rule.ts'
import { findDaysElsewhere, isMisreadElsewhere, toStart } from './elsewhere.ts'
import { firstDays } from './series.ts'

/** More of them for who has the time. */
const RUNS = 6 * Number(process.env.FUZZ_RUNS ?? 20)
const COUNT = 6
t.test('[R5545-3.3.10] generated rules have the days that another implementation finds', async t => {
  let found = 0
  fc.assert(
    fc.property(ruleText, day, (text, start) => {
      fc.pre(!isMisreadElsewhere(parseRule(text)))
      const elsewhere = findDaysElsewhere(text, toStart(start), COUNT)
      const days = firstDays(parseRule(text), start, COUNT)
      found += elsewhere.days.length
      t.strictSame(elsewhere.isComplete ? days : days.slice(0, elsewhere.days.length), elsewhere.days, text)
    }),
    { numRuns: RUNS }
  )
  t.ok(found > RUNS, `${found} days were compared`)
})

t.test('[R5545-3.3.10] BYMONTHDAY limits numbered weekdays, beside which plain ones stand', async t => {
  for (const [text, start, days] of [
    ['FREQ=YEARLY;BYMONTHDAY=5;BYDAY=1MO', '2025-06-01', ['2026-01-05', '2032-01-05']],
    ['FREQ=YEARLY;BYMONTHDAY=5;BYDAY=50TH', '2015-01-01', []],
    ['FREQ=YEARLY;BYDAY=2FR,TU,FR;BYSETPOS=1,-1', '2015-01-01', ['2015-01-02', '2015-12-29']]
  ] as const)
    t.strictSame(firstDays(parseRule(text), start, 2), days, text)
})

/** The same day a number of cycles of the calendar later. */
const shift = (text: string, cycles: number) =>
  `${Number(text.slice(0, 4)) + 400 * cycles}`.padStart(4, '0') + text.slice(4)

t.test('the questions about one series agree with each other, in any century', async t => {
  fc.assert(
    fc.property(ruleText, day, day, fc.integer({ min: -5, max: 19 }), (text, start, after, cycles) => {
      const rule = parseRule(text)
      const next = nextOccurrence(rule, start, after)
      t.equal(firstDays(rule, start, 40).find(other => other > after) ?? next, next, text)
      t.equal(firstOccurrence(rule, start), firstDays(rule, start, 1)[0] ?? null, text)

      const endless = { ...rule, count: undefined, until: undefined }
      const later = nextOccurrence(endless, start, after)
      if (later === null || later > '2399') return
      t.equal(nextOccurrence(endless, shift(start, cycles), shift(after, cycles)), shift(later, cycles), text)
      t.equal(lastOccurrence({ ...endless, until: later }, start), later, text)
      const days = firstDays(endless, start, 5)
      t.equal(lastOccurrence({ ...endless, count: days.length }, start), days.at(-1), text)
    }),
    { numRuns: RUNS }
  )
})

t.test('the canonical text of a rule is read as the same rule', async t => {
  fc.assert(
    fc.property(ruleText, text => {
      const rule = parseRule(text)
      t.strictSame(parseRule(formatRule(rule)), rule, text)
      t.equal(formatRule(parseRule(formatRule(rule))), formatRule(rule), text)
      const other = text.toLowerCase().split(';').toReversed().join(';')
      t.strictSame(parseRule(`rrule:${other}`), rule, text)
    })
  )
})
