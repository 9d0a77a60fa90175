import fc from 'fast-check'
import t from 'tap'
import { nextOccurrence } from '../../../src/todos/recurrence/occurrences.ts'
import { parseRule } from '../../../src/todos/recurrence/rule.ts'
import { advanceSeries, occursFrom, type Series, startSeries } from '../../../src/todos/recurrence/series.ts'
import { day, ruleText } from '../recurrence/arbitrary-rule.ts'
import { firstDays } from '../recurrence/series.ts'

const MOST = 30

/** The days of a series, each completed on the day that a function tells. */
function walk(
  rule: string,
  start: string,
  from: 'due' | 'completion',
  toToday = (current: string) => current
) {
  const days: string[] = []
  let series: Series | undefined = startSeries({ rule, from }, { date: start })
  for (
    ;
    series && days.length < MOST;
    series = advanceSeries({ rule, from }, series, { today: toToday(series.current), due: series.current })
  )
    days.push(series.current)
  return days
}

const countOf = (rule: string) => Number(/COUNT=(\d+)/.exec(rule)?.[1])

t.test('[SERIES] completed on its days, a series visits the start and each day of its rule', async t => {
  fc.assert(
    fc.property(ruleText, day, (rule, start) => {
      fc.pre(occursFrom(rule, { date: start }))
      const selected = firstDays(parseRule(rule), start, MOST + 1)
      const isSelected = selected[0] === start
      // The start counts as the first occurrence, so with COUNT there is one less of the others.
      const others = isSelected || !rule.includes('COUNT') ? selected : selected.slice(0, countOf(rule) - 1)
      const expected = isSelected ? selected : [start, ...others]
      t.strictSame(walk(rule, start, 'due'), expected.slice(0, MOST), `${rule} from ${start}`)
    }),
    { numRuns: 200 }
  )
})

t.test('[SERIES] completed late, a series goes on with the first day of its rule after that', async t => {
  fc.assert(
    fc.property(ruleText, day, day, (rule, start, today) => {
      fc.pre(occursFrom(rule, { date: start }))
      const [, next] = walk(rule, start, 'due', () => today)
      const after = start > today ? start : today
      const expected = walk(rule, start, 'due').find(visited => visited > after)
      if (expected) t.equal(next, expected, `${rule} from ${start} completed on ${today}`)
    }),
    { numRuns: 200 }
  )
})

t.test('[SERIES] counted from completions, a series ends with COUNT or UNTIL only', async t => {
  fc.assert(
    fc.property(ruleText, day, (rule, start) => {
      fc.pre(occursFrom(rule, { date: start }))
      const days = walk(rule, start, 'completion')
      const { count = MOST, until } = parseRule(rule)
      t.ok(days.every((visited, index) => index === 0 || visited > (days[index - 1] as string)))
      const last = days.at(-1) as string
      const isAtEndOfTime =
        nextOccurrence({ ...parseRule(rule), count: undefined, until: undefined }, last, last) === null
      if (until === undefined)
        t.ok(days.length === Math.min(count, MOST) || isAtEndOfTime, `${rule} from ${start}`)
      else t.ok(days.slice(1).every(visited => visited <= until))
    }),
    { numRuns: 200 }
  )
})
