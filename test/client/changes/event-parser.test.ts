import t from 'tap'
import { createEventParser, type ServerEvent } from '../../../src/client/changes/event-parser.ts'

/** The events and `retry` times of a text that comes in pieces. */
function parse(...pieces: string[]) {
  const retries: number[] = []
  const parsePiece = createEventParser(duration => retries.push(duration))
  const events: ServerEvent[] = pieces.flatMap(piece => parsePiece(piece))
  return { events, retries }
}

/** Every event of a text, whichever line ends it has. */
const parseEvents = (text: string) => parse(text).events

t.test('fields, comments and line ends are those of the standard', async t => {
  const event = (fields: Partial<ServerEvent>) => ({ type: 'message', data: '', lastId: '', ...fields })
  const cases: [name: string, text: string, events: ServerEvent[]][] = [
    ['a line of data', 'data: one\n\n', [event({ data: 'one' })]],
    ['several lines of data', 'data: one\ndata: two\n\n', [event({ data: 'one\ntwo' })]],
    ['one space is dropped', 'data:  one\ndata:two\n\n', [event({ data: ' one\ntwo' })]],
    ['a colon in the data', 'data: a:b: c\n\n', [event({ data: 'a:b: c' })]],
    ['a name without a colon', 'data\n\n', [event({})]],
    ['two empty lines of data', 'data\ndata\n\n', [event({ data: '\n' })]],
    ['a type', 'event: change\ndata: x\n\n', [event({ type: 'change', data: 'x' })]],
    ['an empty type', 'event:\ndata: x\n\n', [event({ data: 'x' })]],
    [
      'without data there is no event',
      'event: change\nid: 1\n\ndata: x\n\n',
      [event({ data: 'x', lastId: '1' })]
    ],
    [
      'an id stays',
      'id: 1\ndata: a\n\ndata: b\n\n',
      [event({ data: 'a', lastId: '1' }), event({ data: 'b', lastId: '1' })]
    ],
    [
      'an empty id',
      'id: 1\ndata: a\n\nid\ndata: b\n\n',
      [event({ data: 'a', lastId: '1' }), event({ data: 'b' })]
    ],
    ['an id with NULL', 'id: 1\nid: 2\0\ndata: a\n\n', [event({ data: 'a', lastId: '1' })]],
    ['comments', ': heartbeat\n:data: x\n\ndata: y\n\n', [event({ data: 'y' })]],
    ['unknown fields', 'other: x\n data: x\nDATA: x\n\n', []],
    ['an event that is cut', 'data: a\n\ndata: b\n', [event({ data: 'a' })]],
    ['unusual line separators', 'data: a\u2028b\u0085c\n\n', [event({ data: 'a\u2028b\u0085c' })]],
    ['nothing', '', []]
  ]
  for (const [name, text, events] of cases)
    for (const lineEnd of ['\n', '\r\n', '\r'])
      t.strictSame(parseEvents(text.replaceAll('\n', lineEnd)), events, `${name}, ${JSON.stringify(lineEnd)}`)
})

t.test('retry takes digits only', async t => {
  t.strictSame(parse('retry: 2000\n\nretry: 1e3\nretry: -1\nretry\nretry: 5 \nretry:7\n').retries, [2000, 7])
})

const TEXT = 'retry: 10\r\n\r\n: hi\n\rid: 1\revent: a\ndata: x\r\ndata: y\r\n\r\ndata: z\r\r'

t.test('a text may be cut anywhere', async t => {
  const whole = parse(TEXT)
  t.strictSame(whole.events, [
    { type: 'a', data: 'x\ny', lastId: '1' },
    { type: 'message', data: 'z', lastId: '1' }
  ])
  t.strictSame(parse(...TEXT), whole, 'a character at a time')
  const wrong: number[][] = []
  for (let first = 0; first <= TEXT.length; first++)
    for (let second = first; second <= TEXT.length; second++) {
      const { events } = parse(TEXT.slice(0, first), TEXT.slice(first, second), TEXT.slice(second))
      if (JSON.stringify(events) !== JSON.stringify(whole.events)) wrong.push([first, second])
    }
  t.strictSame(wrong, [])
})
