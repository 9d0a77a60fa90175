import { readdirSync, readFileSync, statSync } from 'node:fs'

export const MEBIBYTE = 1_048_576

/** What a process holds: memory and files in MiB, and open files. */
export interface Vitals {
  readonly rss: number
  /** What JavaScript's objects take, with those that wait to be collected, and what V8 holds for them. */
  readonly heap: number
  readonly heapTotal: number
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
export async function readVitals(pid: number, metrics: string, file: string): Promise<Vitals> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const metricsText = await (await fetch(metrics)).text()
  return {
    rss: matchNumber(/^VmRSS:\s*(\d+) kB/m, status) / 1024,
    heap: matchNumber(/^nodejs_heap_size_used_bytes (\d+)/m, metricsText) / MEBIBYTE,
    heapTotal: matchNumber(/^nodejs_heap_size_total_bytes (\d+)/m, metricsText) / MEBIBYTE,
    external: matchNumber(/^nodejs_external_memory_bytes (\d+)/m, metricsText) / MEBIBYTE,
    database: statSync(file).size / MEBIBYTE,
    wal: statSync(`${file}-wal`).size / MEBIBYTE,
    descriptors: readdirSync(`/proc/${pid}/fd`).length
  }
}

const matchNumber = (pattern: RegExp, text: string) => Number(pattern.exec(text)?.[1])
