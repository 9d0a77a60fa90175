/** The least milliseconds between two rounds that nobody has asked for: what is due may be in the hands of others. */
const MIN_INTERVAL = 100

/**
 * Runs rounds one after another: when the last one said so, or when somebody wakes the loop.
 * @param runRound gives the milliseconds to the next round
 */
export function startLoop(runRound: () => Promise<number>) {
  let isRunning = false
  let isWoken = false
  let isStopped = false
  let timer: NodeJS.Timeout | undefined

  async function run() {
    isRunning = true
    isWoken = false
    const delay = await runRound()
    isRunning = false
    if (isStopped) return
    if (isWoken) void run()
    else timer = setTimeout(run, Math.max(delay, MIN_INTERVAL)).unref()
  }

  function wake() {
    isWoken = true
    if (isRunning || isStopped) return
    clearTimeout(timer)
    void run()
  }

  function stop() {
    isStopped = true
    clearTimeout(timer)
  }

  void run()
  return { wake, stop }
}
