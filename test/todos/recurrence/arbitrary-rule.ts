import fc from 'fast-check'

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']

/** A number from 1 to a limit, or from -1 downwards. */
const signed = (max: number) => fc.oneof(fc.integer({ min: 1, max }), fc.integer({ min: -max, max: -1 }))

/** A part that is often left out. */
const part = <Value>(name: string, value: fc.Arbitrary<Value>) =>
  fc.option(
    value.map(text => `${name}=${text}`),
    { nil: '' }
  )

const listOf = <Value>(element: fc.Arbitrary<Value>) =>
  fc.uniqueArray(element, { minLength: 1, maxLength: 4 })

const weekday = fc.constantFrom(...WEEKDAYS)
const ordinalWeekday = (max: number) =>
  fc.tuple(signed(max), weekday).map(([ordinal, day]) => `${ordinal}${day}`)

/** A day from 2015 to 2034. */
export const day = fc
  .date({ min: new Date('2015-01-01'), max: new Date('2034-12-31'), noInvalidDate: true })
  .map(date => date.toISOString().slice(0, 10))

const end = fc.oneof(
  fc.constant(''),
  fc.integer({ min: 1, max: 30 }).map(count => `COUNT=${count}`),
  day.map(text => `UNTIL=${text.replaceAll('-', '')}`)
)

/** Texts of rules that are accepted. Many of them occur seldom, some never. */
export const ruleText = fc
  .constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY')
  .chain(frequency => {
    const isLong = frequency === 'MONTHLY' || frequency === 'YEARLY'
    const ordinals =
      frequency === 'YEARLY' ? fc.oneof(ordinalWeekday(5), ordinalWeekday(53)) : ordinalWeekday(5)
    return fc.tuple(
      fc.constant(`FREQ=${frequency}`),
      part('INTERVAL', fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 40 }))),
      part('BYMONTH', listOf(fc.integer({ min: 1, max: 12 }))),
      frequency === 'WEEKLY' ? fc.constant('') : part('BYMONTHDAY', listOf(signed(31))),
      part('BYDAY', listOf(isLong ? fc.oneof(weekday, ordinals) : weekday)),
      part('BYSETPOS', listOf(fc.oneof(signed(2), signed(12)))),
      part('WKST', weekday),
      end
    )
  })
  .map(parts => parts.filter(text => text !== ''))
  .filter(
    parts =>
      !parts.some(text => text.startsWith('BYSETPOS')) || parts.some(text => /^BY(?!SETPOS)/.test(text))
  )
  .map(parts => parts.join(';'))
