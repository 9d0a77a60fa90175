import t from 'tap'
import { firstOccurrence, lastOccurrence, nextOccurrence } from '../../../src/todos/recurrence/occurrences.ts'
import { formatRule, parseRule } from '../../../src/todos/recurrence/rule.ts'
import { resolveUntil } from '../../../src/todos/recurrence/until.ts'
import { firstDays } from './series.ts'

t.test('[R5545-3.3.10] what other libraries got wrong', async t => {
  for (const [reason, text, start, ...days] of [
    ['short months', 'FREQ=MONTHLY', '2026-01-31', '2026-01-31', '2026-03-31', '2026-05-31', '2026-07-31'],
    ['short months', 'FREQ=MONTHLY', '2023-12-30', '2023-12-30', '2024-01-30', '2024-03-30', '2024-04-30'],
    ['short months', 'FREQ=MONTHLY;INTERVAL=12', '2024-02-29', '2024-02-29', '2028-02-29', '2032-02-29'],
    ['the last day', 'FREQ=MONTHLY;BYMONTHDAY=-1', '2024-01-15', '2024-01-31', '2024-02-29', '2024-03-31'],
    ['from the end', 'FREQ=MONTHLY;BYMONTHDAY=-31', '2026-01-01', '2026-01-01', '2026-03-01', '2026-05-01'],
    [
      'from the end',
      'FREQ=YEARLY;BYMONTHDAY=-1;BYMONTH=2',
      '2026-01-01',
      '2026-02-28',
      '2027-02-28',
      '2028-02-29'
    ],
    ['leap days', 'FREQ=YEARLY', '2024-02-29', '2024-02-29', '2028-02-29', '2032-02-29'],
    ['leap days', 'FREQ=YEARLY', '1896-02-29', '1896-02-29', '1904-02-29', '1908-02-29'],
    ['leap days', 'FREQ=YEARLY;INTERVAL=3', '2096-02-29', '2096-02-29', '2108-02-29', '2120-02-29'],
    [
      'leap days',
      'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29',
      '2026-01-01',
      '2028-02-29',
      '2032-02-29',
      '2036-02-29'
    ],
    [
      'the last workday',
      'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
      '2026-01-31',
      '2026-02-27',
      '2026-03-31',
      '2026-04-30'
    ],
    [
      'the first workday',
      'FREQ=MONTHLY;BYDAY=FR,TH,WE,TU,MO;BYSETPOS=1',
      '2026-01-01',
      '2026-01-01',
      '2026-02-02',
      '2026-03-02'
    ],
    [
      'the last workday of a year',
      'FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
      '2026-01-01',
      '2026-12-31',
      '2027-12-31',
      '2028-12-29'
    ],
    [
      'a position counts from the period, not from the start',
      'FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1',
      '2026-01-06',
      '2026-02-02',
      '2026-03-02'
    ],
    [
      'positions of a day',
      'FREQ=DAILY;BYDAY=MO,TU;BYSETPOS=1',
      '2026-01-01',
      '2026-01-05',
      '2026-01-06',
      '2026-01-12'
    ],
    [
      'positions of a day',
      'FREQ=DAILY;BYDAY=MO,TU;BYSETPOS=-1,5',
      '2026-01-01',
      '2026-01-05',
      '2026-01-06',
      '2026-01-12'
    ],
    ['positions of a day', 'FREQ=DAILY;BYDAY=MO,TU;BYSETPOS=2', '2026-01-01'],
    ['positions of a week', 'FREQ=WEEKLY;BYDAY=MO,SU;BYSETPOS=1', '2026-01-07', '2026-01-12', '2026-01-19'],
    [
      'positions of a week',
      'FREQ=WEEKLY;BYDAY=MO,SU;BYSETPOS=1;WKST=SU',
      '2026-01-07',
      '2026-01-11',
      '2026-01-18'
    ],
    [
      'every other week',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO',
      '2026-01-07',
      '2026-01-11',
      '2026-01-19',
      '2026-01-25'
    ],
    [
      'every other week',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU',
      '2026-01-07',
      '2026-01-18',
      '2026-01-19',
      '2026-02-01'
    ],
    [
      'every other week',
      'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=WE',
      '2026-01-07',
      '2026-01-11',
      '2026-01-12',
      '2026-01-25'
    ],
    [
      'weeks over months',
      'FREQ=WEEKLY;BYMONTH=2;BYDAY=SA,SU',
      '2026-01-01',
      '2026-02-01',
      '2026-02-07',
      '2026-02-08'
    ],
    [
      'months of a week',
      'FREQ=WEEKLY;BYMONTH=4',
      '2026-03-30',
      '2026-04-06',
      '2026-04-13',
      '2026-04-20',
      '2026-04-27',
      '2027-04-05'
    ],
    ['a fifth weekday', 'FREQ=MONTHLY;BYDAY=5FR', '2026-01-01', '2026-01-30', '2026-05-29', '2026-07-31'],
    ['a fifth weekday', 'FREQ=MONTHLY;BYDAY=-5FR', '2026-01-01', '2026-01-02', '2026-05-01', '2026-07-03'],
    [
      'numbers in a month',
      'FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU',
      '2026-01-01',
      '2026-03-29',
      '2026-10-25',
      '2027-03-28'
    ],
    ['numbers in a year', 'FREQ=YEARLY;BYDAY=-1SU', '2026-01-01', '2026-12-27', '2027-12-26', '2028-12-31'],
    ['numbers in a year', 'FREQ=YEARLY;BYDAY=53TH', '2026-01-01', '2026-12-31', '2032-12-30', '2037-12-31'],
    ['all months', 'FREQ=YEARLY;BYMONTHDAY=15', '2026-02-01', '2026-02-15', '2026-03-15', '2026-04-15'],
    ['the day of the start', 'FREQ=YEARLY;BYMONTH=2,4', '2026-01-30', '2026-04-30', '2027-04-30'],
    [
      'an interval that leaves years out',
      'FREQ=YEARLY;INTERVAL=2;BYMONTH=1',
      '2026-02-05',
      '2028-01-05',
      '2030-01-05'
    ],
    [
      'an interval that leaves days out',
      'FREQ=DAILY;INTERVAL=2;BYMONTHDAY=1',
      '2026-01-01',
      '2026-01-01',
      '2026-04-01',
      '2026-05-01'
    ],
    ['the first day', 'FREQ=WEEKLY;WKST=SU', '0001-01-01', '0001-01-01', '0001-01-08', '0001-01-15'],
    [
      'the first century',
      'FREQ=YEARLY;INTERVAL=49',
      '0001-12-31',
      '0001-12-31',
      '0050-12-31',
      '0099-12-31',
      '0148-12-31'
    ]
  ] as const)
    t.strictSame(
      firstDays(parseRule(text), start, days.length || 1),
      days,
      `${reason}: ${text} from ${start}`
    )
})

t.test('a series ends with the year 9999', async t => {
  for (const [text, start, ...days] of [
    ['FREQ=DAILY', '9999-12-30', '9999-12-30', '9999-12-31'],
    ['FREQ=WEEKLY', '9999-12-20', '9999-12-20', '9999-12-27'],
    ['FREQ=MONTHLY', '9999-11-30', '9999-11-30', '9999-12-30'],
    ['FREQ=YEARLY;INTERVAL=9999', '9999-12-31', '9999-12-31'],
    ['FREQ=YEARLY;INTERVAL=9998', '0001-05-05', '0001-05-05', '9999-05-05'],
    ['FREQ=MONTHLY;INTERVAL=9999;COUNT=1000', '8999-01-01', '8999-01-01', '9832-04-01'],
    ['FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2', '9999-12-31'],
    ['FREQ=WEEKLY;BYDAY=MO', '9999-12-31']
  ] as const) {
    const rule = parseRule(text)
    t.strictSame(firstDays(rule, start), days, text)
    t.equal(nextOccurrence(rule, start, '9999-12-31'), null, text)
    t.equal(lastOccurrence({ ...rule, count: 1000 }, start), days.at(-1) ?? null, text)
    t.equal(
      lastOccurrence({ ...rule, count: undefined, until: '9999-12-31' }, start),
      days.at(-1) ?? null,
      text
    )
  }
})

t.test('what never occurs has no days', async t => {
  for (const text of [
    'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30',
    'FREQ=MONTHLY;BYMONTH=4,6;BYMONTHDAY=31',
    'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30,31',
    'FREQ=MONTHLY;BYDAY=6MO',
    'FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6',
    'FREQ=MONTHLY;INTERVAL=12;BYMONTH=2',
    'FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2;INTERVAL=4;COUNT=3',
    'FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3',
    'FREQ=DAILY;INTERVAL=7;BYDAY=FR',
    'FREQ=DAILY;UNTIL=20260831'
  ]) {
    const rule = parseRule(text)
    t.equal(firstOccurrence(rule, '2026-09-03'), null, text)
    t.equal(nextOccurrence(rule, '2026-09-03', '2026-09-03'), null, text)
    t.equal(lastOccurrence(rule, '2026-09-03'), null, text)
  }
})

t.test('COUNT counts from the start, and only what the rule has', async t => {
  const rule = parseRule('FREQ=WEEKLY;COUNT=3;BYDAY=MO')
  t.strictSame(firstDays(rule, '2026-01-01'), ['2026-01-05', '2026-01-12', '2026-01-19'])
  t.equal(nextOccurrence(rule, '2026-01-01', '2026-01-12'), '2026-01-19')
  t.equal(nextOccurrence(rule, '2026-01-01', '2026-01-19'), null)
  t.equal(nextOccurrence(rule, '2026-01-01', '9999-12-31'), null)
  t.equal(lastOccurrence(parseRule('FREQ=DAILY;COUNT=1000'), '2026-01-01'), '2028-09-26')
})

t.test('UNTIL is the last day, to which the time of the series may belong no more', async t => {
  const [zone, time] = ['America/New_York', '20:00:00']
  for (const [until, resolved] of [
    ['20260305', '2026-03-05'],
    ['20260305T200000', '2026-03-05'],
    ['20260305T195959', '2026-03-04'],
    ['20260306T010000Z', '2026-03-05'],
    ['20260306T005959Z', '2026-03-04'],
    ['20260306T045959Z', '2026-03-05'],
    // The clocks go forward on 8 March.
    ['20260309T000000Z', '2026-03-08'],
    ['99991231T235959Z', '9999-12-30'],
    ['00010101T000000Z', '0000-12-30']
  ] as const) {
    const rule = parseRule(`FREQ=DAILY;UNTIL=${until}`)
    const inZone = resolveUntil(rule, time, zone)
    t.equal(inZone.until, resolved, until)
    t.strictSame({ ...inZone, until: rule.until }, rule)
  }
  const late = resolveUntil(parseRule('FREQ=DAILY;UNTIL=99991231T235959Z'), '00:00:00', 'Pacific/Kiritimati')
  t.equal(formatRule(late), 'FREQ=DAILY;UNTIL=99991231')
  const endless = parseRule('FREQ=DAILY;COUNT=3')
  t.equal(resolveUntil(endless, time, zone), endless)

  const rule = parseRule('FREQ=DAILY;UNTIL=20260305T195959')
  t.equal(lastOccurrence(rule, '2026-03-01'), '2026-03-05', 'of days, its day is the last one')
  t.equal(lastOccurrence(resolveUntil(rule, time, zone), '2026-03-01'), '2026-03-04')
})
