import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Threads for files, names and the like, beside those that hash. */
const SPARE_THREADS = 4
/** How much nicer than the event loop the pool is (setpriority(2)): where both want a core, it gets a tenth. */
const NICE_INCREMENT = 10

/** Reads a file's state, which makes the pool: its threads take over the priority of the one that needs them first. */
const START_SCRIPT = `
  const { getPriority, setPriority } = require('node:os')
  setPriority(Math.min(getPriority() + ${NICE_INCREMENT}, 19))
  require('node:fs').stat('.', () => {})
`

/**
 * Makes the pool of threads on which Node hashes. As long as hashing keeps each core busy, requests that only read would wait
 * for their turn on it; so the pool gives way to the event loop, where a thread has a priority of its own: on Linux.
 * @param hashingThreads how many hashes are made at a time
 * @param environment the process's own, where `UV_THREADPOOL_SIZE` may set another number of threads
 */
export async function createThreadPool(
  hashingThreads: number,
  environment: NodeJS.ProcessEnv
): Promise<void> {
  // Node makes four on any machine, which hashing would keep busy. It reads this when it first needs one.
  environment.UV_THREADPOOL_SIZE ??= `${hashingThreads + SPARE_THREADS}`
  if (process.platform === 'linux') await once(new Worker(START_SCRIPT, { eval: true }), 'exit')
}
