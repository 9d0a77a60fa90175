import { spawnSync } from 'node:child_process'
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { median } from './median.ts'

const PAGE = Buffer.alloc(4096)
const SAMPLE_COUNT = 101

/** The milliseconds that the disk takes to keep a page for good: the median of 101 times. */
export function measureSyncTime(folder: string): number {
  const file = openSync(join(folder, 'page'), 'w')
  const times = Array.from({ length: SAMPLE_COUNT }, () => {
    const begin = performance.now()
    writeSync(file, PAGE)
    fdatasyncSync(file)
    return performance.now() - begin
  })
  closeSync(file)
  return median(times)
}

/**
 * What in its environment makes a process see a disk whose fsync takes longer: a library that is compiled on the spot.
 * @returns undefined without a C compiler, or when the system does not preload libraries
 */
export function slowDisk(folder: string, milliseconds: number): NodeJS.ProcessEnv | undefined {
  const library = join(folder, 'slow-disk.so')
  const source = join(import.meta.dirname, 'slow-disk.c')
  const { status } = spawnSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl'])
  if (status !== 0 || process.platform !== 'linux') return undefined
  return { LD_PRELOAD: library, FSYNC_DELAY: `${milliseconds * 1000}` }
}
