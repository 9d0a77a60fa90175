import { readdirSync, readFileSync, statSync } from 'node:fs'

export const MEBI = 1_048_576

/** What a process holds: memory and files in MiB, and open files. */
export interface Vitals {
  readonly rss: number
  /** What JavaScript's objects take, with those that wait to be collected, and what V8 holds for them. */
  readonly heap: number
  readonly heapHeld: number
  /** What is outside of V8's heap, but belongs to its objects. */
  readonly external: number
  readonly database: number
  readonly wal: number
  readonly descriptors: number
}

/**
 * Looks at a process from outside, where Linux tells, and at its metrics.
 * @param metrics where it serves them
 * @param file of its database
 */
export async function vitalsOf(pid: number, metrics: string, file: string): Promise<Vitals> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const told = await (await fetch(metrics)).text()
  return {
    rss: numberIn(/^VmRSS:\s*(\d+) kB/m, status) / 1024,
    heap: numberIn(/^nodejs_heap_size_used_bytes (\d+)/m, told) / MEBI,
    heapHeld: numberIn(/^nodejs_heap_size_total_bytes (\d+)/m, told) / MEBI,
    external: numberIn(/^nodejs_external_memory_bytes (\d+)/m, told) / MEBI,
    database: statSync(file).size / MEBI,
    wal: statSync(`${file}-wal`).size / MEBI,
    descriptors: readdirSync(`/proc/${pid}/fd`).length
  }
}

const numberIn = (pattern: RegExp, text: string) => Number(pattern.exec(text)?.[1])
