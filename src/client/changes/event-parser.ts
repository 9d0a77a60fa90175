/** An event of an event stream. */
export interface ServerEvent {
  readonly type: string
  readonly data: string
  /** The last id that the stream has sent so far; empty before the first one. */
  readonly lastId: string
}

/**
 * Creates a parser of event streams (WHATWG HTML, section 9.2.6), for pieces of text that may end anywhere. An event that
 * the stream breaks off is dropped.
 * @param onRetry called with the milliseconds to wait before a reconnection
 */
export function createEventParser(onRetry: (duration: number) => void) {
  let rest = ''
  /** Whether the last piece ended with CR: a LF that follows belongs to the same line end. */
  let endsWithCr = false
  let [type, lastId] = ['', '']
  let lines: string[] = []

  function takeEvent(): ServerEvent | undefined {
    const event = lines.length > 0 ? { type: type || 'message', data: lines.join('\n'), lastId } : undefined
    type = ''
    lines = []
    return event
  }

  function readField(line: string) {
    const [, name, value = ''] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line) as RegExpExecArray
    if (name === 'event') type = value
    else if (name === 'data') lines.push(value)
    else if (name === 'id' && !value.includes('\0')) lastId = value
    else if (name === 'retry' && /^\d+$/.test(value)) onRetry(Number(value))
  }

  /** Parses the next piece of text. @returns the events that it completes */
  return function parse(text: string): ServerEvent[] {
    if (text === '') return []
    const piece = endsWithCr && text.startsWith('\n') ? text.slice(1) : text
    endsWithCr = text.endsWith('\r')
    const [...complete] = `${rest}${piece}`.split(/\r\n|\n|\r/)
    rest = complete.pop() as string
    return complete.flatMap(line => {
      if (line === '') return takeEvent() ?? []
      readField(line)
      return []
    })
  }
}
