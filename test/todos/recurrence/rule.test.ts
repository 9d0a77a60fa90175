import t from 'tap'
import { formatRule, MAX_RULE, parseRule } from '../../../src/todos/recurrence/rule.ts'
import { getRefusal } from './series.ts'

t.test('a rule is read into its parts', async t => {
  t.strictSame(parseRule('FREQ=DAILY'), {
    frequency: 'DAILY',
    interval: 1,
    count: undefined,
    until: undefined,
    byMonth: [],
    byMonthDay: [],
    byDay: [],
    bySetPos: [],
    weekStart: 0
  })
  t.strictSame(
    parseRule(
      'wkst=su;until=20260329T090000z;bysetpos=-1,2;byday=-1fr,mo,+2tu;bymonthday=-1,+01,31;bymonth=12,01;interval=02;freq=yearly'
    ),
    {
      frequency: 'YEARLY',
      interval: 2,
      count: undefined,
      until: '2026-03-29T09:00:00Z',
      byMonth: [1, 12],
      byMonthDay: [1, 31, -1],
      byDay: [
        { weekday: 0, ordinal: 0 },
        { weekday: 1, ordinal: 2 },
        { weekday: 4, ordinal: -1 }
      ],
      bySetPos: [2, -1],
      weekStart: 6
    }
  )
})

t.test('a rule is written in one form', async t => {
  for (const [text, canonical] of [
    ['RRULE:FREQ=WEEKLY;BYDAY=TH,MO', 'FREQ=WEEKLY;BYDAY=MO,TH'],
    ['rrule:byday=mo,MO,th;freq=weekly;interval=1;wkst=mo', 'FREQ=WEEKLY;BYDAY=MO,TH'],
    ['COUNT=1000;INTERVAL=9999;FREQ=DAILY', 'FREQ=DAILY;INTERVAL=9999;COUNT=1000'],
    ['FREQ=MONTHLY;BYDAY=-1MO,1SU,1MO,MO', 'FREQ=MONTHLY;BYDAY=MO,1MO,1SU,-1MO'],
    ['FREQ=MONTHLY;BYMONTHDAY=-1,-2,2,1', 'FREQ=MONTHLY;BYMONTHDAY=1,2,-2,-1'],
    ['FREQ=DAILY;UNTIL=20260329', 'FREQ=DAILY;UNTIL=20260329'],
    ['FREQ=DAILY;UNTIL=20260329t090000', 'FREQ=DAILY;UNTIL=20260329T090000'],
    ['FREQ=DAILY;UNTIL=00010101T235959Z', 'FREQ=DAILY;UNTIL=00010101T235959Z'],
    ['FREQ=WEEKLY;WKST=SU', 'FREQ=WEEKLY;WKST=SU'],
    ['FREQ=YEARLY;BYDAY=53MO,-53SU;BYSETPOS=366,-366', 'FREQ=YEARLY;BYDAY=53MO,-53SU;BYSETPOS=366,-366']
  ] as const)
    t.equal(formatRule(parseRule(text)), canonical, text)
})

const PARTS = 'the parts are FREQ, INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYDAY, BYSETPOS, WKST'
const CHARACTERS = 'has a space, or a character beyond ASCII; give a rule such as FREQ=WEEKLY'
const EMPTY = 'is empty; give a rule such as FREQ=WEEKLY;BYDAY=MO,TH'
const EMPTY_PART = 'has an empty part; give one semicolon between two parts, and none at the ends'
const FREQUENCY = 'give one of DAILY, WEEKLY, MONTHLY, YEARLY'
const INTERVAL = 'give a number from 1 to 9999'
const COUNT = 'give a number from 1 to 1000'
const MONTHS = 'give a number from 1 to 12'
const MONTH_DAYS = 'give numbers from 1 to 31, or from -1 to -31 to count from the end'
const POSITIONS = 'give numbers from 1 to 366, or from -1 to -366 to count from the end'
const WEEKDAYS = 'give weekdays such as MO, with or without a number from 1 to 53 such as 2TU or -1FR'
const UNTIL = 'give an existing day such as 20260329, or a time such as 20260329T090000Z'
const WEEK_START = 'give one of MO, TU, WE, TH, FR, SA, SU'

t.test('what is wrong with a rule is said, and what is accepted', async t => {
  for (const [text, detail] of [
    ['', EMPTY],
    ['RRULE:', EMPTY],
    [' FREQ=DAILY', CHARACTERS],
    ['FREQ=DAILY\n', CHARACTERS],
    ['FREQ=DAILY; INTERVAL=2', CHARACTERS],
    ['FREQ=WEEKLY;BYDAY=ſU', CHARACTERS],
    ['FREQ=DA\u0130LY', CHARACTERS],
    ['FREQ=DAILY\0', CHARACTERS],
    ['x'.repeat(MAX_RULE + 1), 'has 501 characters; give at most 500'],
    ['FREQ=DAILY;', EMPTY_PART],
    [';FREQ=DAILY', EMPTY_PART],
    ['FREQ=DAILY;;INTERVAL=2', EMPTY_PART],
    ['RRULE:;', EMPTY_PART],
    ['FREQ', 'has the part FREQ; give it as FREQ=value'],
    ['FREQ=', 'has the part FREQ=; give it as FREQ=value'],
    ['FREQ=DAILY=WEEKLY', 'has the part FREQ=DAILY=WEEKLY; give it as FREQ=value'],
    ['FREQ=DAILY;BYDAY=', 'has the part BYDAY=; give it as BYDAY=value'],
    ['weekly', `has the part WEEKLY, which is not accepted; ${PARTS}`],
    ['RRULE:RRULE:FREQ=DAILY', `has the part RRULE:FREQ, which is not accepted; ${PARTS}`],
    ['=DAILY', `has the part =DAILY, which is not accepted; ${PARTS}`],
    ['FREQ=DAILY;X-NAME=1', `has the part X-NAME, which is not accepted; ${PARTS}`],
    ['FREQ=DAILY;RSCALE=CHINESE', `has the part RSCALE, which is not accepted; ${PARTS}`],
    ['FREQ=DAILY;BYSECOND=1', `has the part BYSECOND, which is not accepted; ${PARTS}`],
    ['FREQ=DAILY;toString=1', `has the part TOSTRING, which is not accepted; ${PARTS}`],
    [`FREQ=DAILY;${'X'.repeat(40)}=1`, `has the part ${'X'.repeat(30)}…, which is not accepted; ${PARTS}`],
    ['FREQ=DAILY;FREQ=DAILY', 'has FREQ more than once; give it once'],
    ['FREQ=WEEKLY;BYDAY=MO;BYDAY=TU', 'has BYDAY more than once; give it once'],
    ['FREQ=WEEKLY;INTERVAL=2;interval=2', 'has INTERVAL more than once; give it once'],
    ['INTERVAL=2', 'has no FREQ; give one, such as FREQ=WEEKLY'],
    ['FREQ=SECONDLY', `has FREQ=SECONDLY; ${FREQUENCY}`],
    ['FREQ=FORTNIGHTLY', `has FREQ=FORTNIGHTLY; ${FREQUENCY}`],
    ['FREQ=DAILY,WEEKLY', `has FREQ=DAILY,WEEKLY; ${FREQUENCY}`],
    ['FREQ=DAILY;INTERVAL=0', `has INTERVAL=0; ${INTERVAL}`],
    ['FREQ=DAILY;INTERVAL=10000', `has INTERVAL=10000; ${INTERVAL}`],
    ['FREQ=DAILY;INTERVAL=-1', `has INTERVAL=-1; ${INTERVAL}`],
    ['FREQ=DAILY;INTERVAL=+1', `has INTERVAL=+1; ${INTERVAL}`],
    ['FREQ=DAILY;INTERVAL=1.5', `has INTERVAL=1.5; ${INTERVAL}`],
    ['FREQ=DAILY;INTERVAL=1e2', `has INTERVAL=1E2; ${INTERVAL}`],
    ['FREQ=DAILY;INTERVAL=0x1', `has INTERVAL=0X1; ${INTERVAL}`],
    ['FREQ=DAILY;INTERVAL=1,2', `has INTERVAL=1,2; ${INTERVAL}`],
    [`FREQ=DAILY;INTERVAL=${'9'.repeat(400)}`, `has INTERVAL=${'9'.repeat(30)}…; ${INTERVAL}`],
    ['FREQ=DAILY;COUNT=0', `has COUNT=0; ${COUNT}`],
    ['FREQ=DAILY;COUNT=1001', `has COUNT=1001; ${COUNT}`],
    ['FREQ=DAILY;COUNT=NaN', `has COUNT=NAN; ${COUNT}`],
    ['FREQ=DAILY;COUNT=2;UNTIL=20260329', 'has COUNT and UNTIL; give one of them'],
    ['FREQ=DAILY;UNTIL=20260229', `has UNTIL=20260229; ${UNTIL}`],
    ['FREQ=DAILY;UNTIL=20261301', `has UNTIL=20261301; ${UNTIL}`],
    ['FREQ=DAILY;UNTIL=00000101', `has UNTIL=00000101; ${UNTIL}`],
    ['FREQ=DAILY;UNTIL=2026-03-29', `has UNTIL=2026-03-29; ${UNTIL}`],
    ['FREQ=DAILY;UNTIL=20260329Z', `has UNTIL=20260329Z; ${UNTIL}`],
    ['FREQ=DAILY;UNTIL=20260329T0900', `has UNTIL=20260329T0900; ${UNTIL}`],
    ['FREQ=DAILY;UNTIL=20260329T240000', `has UNTIL=20260329T240000; ${UNTIL}`],
    ['FREQ=DAILY;UNTIL=20260329T090060', `has UNTIL=20260329T090060; ${UNTIL}`],
    ['FREQ=DAILY;UNTIL=20260329T090000+0100', `has UNTIL=20260329T090000+0100; ${UNTIL}`],
    ['FREQ=YEARLY;BYMONTH=0', `has BYMONTH=0; ${MONTHS}`],
    ['FREQ=YEARLY;BYMONTH=1,13', `has BYMONTH=13; ${MONTHS}`],
    ['FREQ=YEARLY;BYMONTH=-1', `has BYMONTH=-1; ${MONTHS}`],
    ['FREQ=YEARLY;BYMONTH=5L', `has BYMONTH=5L; ${MONTHS}`],
    ['FREQ=YEARLY;BYMONTH=1,,2', `has an empty value in BYMONTH; ${MONTHS}`],
    ['FREQ=MONTHLY;BYMONTHDAY=0', `has BYMONTHDAY=0; ${MONTH_DAYS}`],
    ['FREQ=MONTHLY;BYMONTHDAY=-0', `has BYMONTHDAY=-0; ${MONTH_DAYS}`],
    ['FREQ=MONTHLY;BYMONTHDAY=32', `has BYMONTHDAY=32; ${MONTH_DAYS}`],
    ['FREQ=MONTHLY;BYMONTHDAY=1,-32', `has BYMONTHDAY=-32; ${MONTH_DAYS}`],
    ['FREQ=MONTHLY;BYMONTHDAY=,1', `has an empty value in BYMONTHDAY; ${MONTH_DAYS}`],
    ['FREQ=MONTHLY;BYMONTHDAY=LAST', `has BYMONTHDAY=LAST; ${MONTH_DAYS}`],
    ['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0', `has BYSETPOS=0; ${POSITIONS}`],
    ['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367', `has BYSETPOS=367; ${POSITIONS}`],
    ['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-367', `has BYSETPOS=-367; ${POSITIONS}`],
    ['FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1;', EMPTY_PART],
    ['FREQ=MONTHLY;BYSETPOS=1', 'has BYSETPOS alone; give what it picks from: BYDAY, BYMONTHDAY or BYMONTH'],
    ['FREQ=MONTHLY;BYDAY=0MO', `has BYDAY=0MO; ${WEEKDAYS}`],
    ['FREQ=MONTHLY;BYDAY=-0MO', `has BYDAY=-0MO; ${WEEKDAYS}`],
    ['FREQ=MONTHLY;BYDAY=54MO', `has BYDAY=54MO; ${WEEKDAYS}`],
    ['FREQ=MONTHLY;BYDAY=-54MO', `has BYDAY=-54MO; ${WEEKDAYS}`],
    ['FREQ=MONTHLY;BYDAY=1', `has BYDAY=1; ${WEEKDAYS}`],
    ['FREQ=MONTHLY;BYDAY=1XX', `has BYDAY=1XX; ${WEEKDAYS}`],
    ['FREQ=WEEKLY;BYDAY=MONDAY', `has BYDAY=MONDAY; ${WEEKDAYS}`],
    ['FREQ=WEEKLY;BYDAY=MO,TU,', `has an empty value in BYDAY; ${WEEKDAYS}`],
    ['FREQ=WEEKLY;BYDAY=+MO', `has BYDAY=+MO; ${WEEKDAYS}`],
    ['FREQ=WEEKLY;BYDAY=MO1', `has BYDAY=MO1; ${WEEKDAYS}`],
    ['FREQ=WEEKLY;WKST=1MO', `has WKST=1MO; ${WEEK_START}`],
    ['FREQ=WEEKLY;WKST=MO,TU', `has WKST=MO,TU; ${WEEK_START}`],
    [
      'FREQ=WEEKLY;BYMONTHDAY=1',
      'has BYMONTHDAY, which a WEEKLY rule cannot have; give BYDAY, or FREQ=MONTHLY'
    ],
    [
      'FREQ=WEEKLY;BYDAY=MO,1TU',
      'has BYDAY=1TU, which a WEEKLY rule cannot have; give TU without a number, or FREQ=MONTHLY or YEARLY'
    ],
    [
      'FREQ=DAILY;BYDAY=-1FR',
      'has BYDAY=-1FR, which a DAILY rule cannot have; give FR without a number, or FREQ=MONTHLY or YEARLY'
    ]
  ] as const)
    t.equal(getRefusal(text), detail, text)
})

t.test('the longest rule is accepted', async t => {
  const weekdays = Array.from({ length: 53 }, (_, index) => `${index + 1}MO`).join()
  const rule = `FREQ=YEARLY;BYDAY=${weekdays};BYSETPOS=${'1,'.repeat(200)}`.slice(0, MAX_RULE - 1)
  t.equal(getRefusal(`${rule}1`), undefined)
  t.equal(getRefusal(`${rule}11`), 'has 501 characters; give at most 500')
})
