import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Makes a folder for what this process measures, which goes with it, whatever ends it. It lies beside the service's own
 * data, for a folder of temporary files is often kept in memory.
 */
export function createBenchFolder(): string {
  const data = join(import.meta.dirname, '../../data')
  mkdirSync(data, { recursive: true })
  const folder = mkdtempSync(join(data, 'bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  return folder
}
