import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

/** `0-2,5` → 0, 1, 2, 5 */
const parseCpuList = (list: string) =>
  list
    .trim()
    .split(',')
    .flatMap(range => {
      const [first = 0, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })

function findCores(): { subject: number; load: number } | undefined {
  if (spawnSync('taskset', ['--version']).error) return undefined
  const [, allowed = ''] =
    /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  const [subject = 0, ...others] = parseCpuList(allowed)
  // Two threads of one core would take the time from each other.
  const file = `/sys/devices/system/cpu/cpu${subject}/topology/thread_siblings_list`
  const siblings = existsSync(file) ? parseCpuList(readFileSync(file, 'utf8')) : []
  const load = others.find(core => !siblings.includes(core)) ?? others[0]
  return load === undefined ? undefined : { subject, load }
}

/** The core that the subjects run on, one at a time, and the one of the load; none without taskset or a second core. */
export const CORES = findCores()

/** What comes before a command to keep it on the subjects' core. */
export const PIN_SUBJECT_COMMAND: readonly string[] = CORES ? ['taskset', '-c', `${CORES.subject}`] : []

/** Keeps this process, which makes the load, on its core. */
export function pinLoad() {
  if (CORES) execFileSync('taskset', ['-acp', `${CORES.load}`, `${process.pid}`])
}
