/**
 * Waits for work, at most until a signal aborts. Other callers may share the work: it goes on.
 * @throws the reason of the signal, at once when it aborts
 */
export function untilAborted<Result>(
  signal: AbortSignal | undefined,
  start: () => Promise<Result>
): Promise<Result> {
  if (!signal) return start()
  return new Promise((resolve, reject) => {
    const abort = () => reject(getAbortReason(signal))
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    start()
      .finally(() => signal.removeEventListener('abort', abort))
      .then(resolve, reject)
  })
}

/** The reason of a signal that is aborted. Browsers of before 2022 do not know it. */
const getAbortReason = (signal: AbortSignal): unknown =>
  'reason' in signal
    ? signal.reason
    : Object.assign(new Error('The call was aborted.'), { name: 'AbortError' })
