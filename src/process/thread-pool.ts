import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Threads for files, DNS and other work of Node, beside those that hash. */
const SPARE_THREADS = 4
/** By how much the pool is nicer than the event loop (setpriority(2)): when both want a core, the pool gets a tenth of it. */
const NICE_INCREMENT = 10

/** Reads the state of a file, which starts the pool: its threads inherit the priority of the thread that uses the pool first. */
const START_SCRIPT = `
  const { getPriority, setPriority } = require('node:os')
  setPriority(Math.min(getPriority() + ${NICE_INCREMENT}, 19))
  require('node:fs').stat('.', () => {})
`

/**
 * Starts Node's thread pool, on which passwords are hashed, at a lower priority than the event loop, so that requests which
 * only read stay quick while hashing keeps all cores busy. Only on Linux has a thread a priority of its own.
 * @param hashingThreads how many hashes run at a time
 * @param environment of this process; `UV_THREADPOOL_SIZE` overrides the number of threads
 */
export async function createThreadPool(
  hashingThreads: number,
  environment: NodeJS.ProcessEnv
): Promise<void> {
  // Node's default is four threads, which hashing would keep busy. Node reads the variable when it first uses the pool.
  environment.UV_THREADPOOL_SIZE ??= `${hashingThreads + SPARE_THREADS}`
  if (process.platform === 'linux') await once(new Worker(START_SCRIPT, { eval: true }), 'exit')
}
