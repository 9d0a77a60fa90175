import fc from 'fast-check'
import t from 'tap'
import { findRuleFault } from '../../../src/todos/content/repeat.ts'
import { day, ruleText } from '../recurrence/arbitrary-rule.ts'
import { atNine, serveRecurring } from './recurring.ts'

/** More of them for who has the time. */
const RUNS = 3 * Number(process.env.FUZZ_RUNS ?? 20)
/** Completions of a todo. */
const MOST = 4

/** Texts that nearly are rules. */
const brokenRule = fc
  .tuple(
    ruleText,
    fc.nat(),
    fc.constantFrom('', ';', '=', ',', '0', '-', ' ', '9'.repeat(400), '\u017f', 'COUNT=1;')
  )
  .map(([rule, at, text]) => {
    const index = at % rule.length
    return rule.slice(0, index) + text + rule.slice(index + 1)
  })

const repeat = fc.record({
  rule: fc.oneof(ruleText, brokenRule, fc.string({ maxLength: 30 })),
  from: fc.constantFrom('due', 'completion')
})
const due = fc.oneof(
  day.map(date => ({ date })),
  day.map(atNine)
)

t.test('any rule is refused with a pointer, or its series goes on or ends', async t => {
  const { todos, complete, occurrences } = await serveRecurring(t)
  await fc.assert(
    fc.asyncProperty(repeat, due, async (repeat, due) => {
      const { status, body } = await todos('POST', '', { title: 'a', due, repeat })
      if (status === 400) return t.match(body.errors, [{ pointer: '/repeat/rule', detail: /\w/ }])
      t.equal(status, 201)
      const same = await todos('PATCH', `/${body.id}`, { repeat: body.repeat, due })
      t.strictSame(same.body, body, 'the canonical rule is the same')
      const dues: object[] = [due]
      let isDone = false
      while (!isDone && dues.length < MOST) {
        const completed = await complete(body.id)
        t.equal(completed.status, 200, JSON.stringify({ repeat, due }))
        isDone = completed.body.done
        if (!isDone) dues.unshift(completed.body.due)
      }
      t.strictSame(await occurrences(body.id), isDone ? dues : dues.slice(1))
    }),
    { numRuns: RUNS }
  )
})

t.test('an error that says nothing of a rule is none of the rule', async t => {
  t.equal(findRuleFault('FREQ=DAILY'), undefined)
  t.throws(() => findRuleFault(7 as never), TypeError)
})
