import { cpus } from 'node:os'
import { CORES } from '../harness/cores.ts'
import type { Case } from './cases.ts'
import type { BenchOptions, CaseResult, SubjectResult } from './rounds.ts'

/** A table in Markdown whose columns stand under each other, so that it is read as well on a terminal. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows
  const widths = head.map((_, column) => Math.max(3, ...rows.map(row => row[column]?.length ?? 0)))
  const formatRow = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |\n`
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [head, rule, ...rows.slice(1)].map(formatRow).join('')
}

const formatNumber = (value: number | undefined, digits: number) =>
  value === undefined || Number.isNaN(value) ? '' : value.toFixed(digits)

const getBaselineTitle = ({ baseline: base }: Case) =>
  ({ fastify: 'bare Fastify', hashing: 'hashing alone' })[base]

/** The latency of reads under the load, as a factor of the latency before it. */
const getStormSlowdown = ({ reads }: SubjectResult) => reads && reads.busy / reads.idle

/** All measurements of a case. */
export function formatCase({ benchCase, subjectResults }: CaseResult): string {
  const isStorm = subjectResults.some(({ reads }) => reads?.busy)
  const head = ['', 'a second', `of ${getBaselineTitle(benchCase)}`, 'p50, ms', 'p99, ms', 'CPU, µs']
  const rows = subjectResults.map(entry => [
    entry.subject.title,
    formatNumber(entry.rate, entry.rate < 100 ? 1 : 0),
    formatNumber(entry.share, entry.share < 0.1 ? 3 : 2),
    formatNumber(entry.p50, 0),
    formatNumber(entry.p99, 0),
    formatNumber(entry.cpu, 0),
    ...(isStorm ? formatStormCells(entry) : [])
  ])
  const more = ['reads p99 before', 'in the storm', 'times', 'MiB at most']
  return formatTable([[...head, ...(isStorm ? more : [])], ...rows])
}

const formatStormCells = (entry: SubjectResult) => [
  formatNumber(entry.reads?.idle, 1),
  formatNumber(entry.reads?.busy, 1),
  formatNumber(getStormSlowdown(entry), 1),
  formatNumber(entry.memory, 0)
]

/** Each subject's part of the base, in all cases side by side. */
export function formatSummary(results: readonly CaseResult[]): string {
  const subjects = [
    ...new Set(results.flatMap(({ subjectResults }) => subjectResults.map(({ subject }) => subject)))
  ].filter(({ name }) => name !== 'hashing')
  const rows = subjects.map(subject => [
    subject.title,
    ...results.map(({ subjectResults }) => {
      const found = subjectResults.find(entry => entry.subject.name === subject.name)
      return formatNumber(found?.share, found && found.share < 0.1 ? 3 : 2)
    })
  ])
  return formatTable([['', ...results.map(({ benchCase }) => benchCase.title)], ...rows])
}

/** The machine of the measurements. */
export function describeMachine(disk: number): string {
  const [{ model } = { model: 'unknown processor' }, ...others] = cpus()
  const pinned = CORES
    ? 'each subject on one core, the load on another'
    : 'subjects and load not kept apart: taskset or a second core is missing'
  return `${others.length + 1} cores of ${model.trim()}, ${process.platform}; Node ${process.versions.node}; ${pinned}; the disk keeps a page in ${disk.toFixed(2)} ms`
}

/** The page of results of a whole run. */
export const formatPage = (
  results: readonly CaseResult[],
  disk: number,
  { warmUp, rounds, seconds }: BenchOptions
) => `# The bench

Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: ${describeMachine(disk)}.

Parts of the bare Fastify route, of sign-ins of the hashing alone, in the same round; medians of ${rounds} rounds of ${seconds} seconds
or more, in which the subjects take turns, after ${warmUp} seconds that are not counted.

${formatSummary(results)}
![Parts of bare Fastify](results.svg)

## How

- \`autocannon\` with 64 connections, 16 for sign-ins, 32 in the storm; 16 people with 25 todos or more each. Every answer must
  be a 2xx. "CPU" is the processor time of a request, all threads together.
- Bare Fastify: a route that answers 200 bytes of JSON by a response schema. Hashing alone: a password checked for each sign-in;
  in the storm it is read, too, which costs it nothing.
- Latchkey is \`src/server.ts\` as it ships, with \`RATE_LIMIT=off\`; it writes its request log to a file. For refreshes
  \`ACCESS_TOKEN_TTL=1\`, for it refuses to refresh earlier, and 16,000 sessions in turn.
- The peers are written as their documentation shows, a file each in [peers](peers): one process, \`NODE_ENV=production\`, no
  request log, no rate limit, integer keys, an index for the list, SQLite with WAL and \`synchronous=FULL\` like Latchkey's, argon2id
  with 19 MiB and 2 passes. Express, NestJS and Hono hash by \`argon2\`, better-auth by \`@node-rs/argon2\`. They look no
  session up when they are shown an access token, except better-auth, whose sessions have no refresh to measure.
- The storm: as many sign-ins as are answered, while a todo is read every 5 ms; each hash takes 19 MiB.
- The slower disk: a preloaded library makes each fsync take 1 ms more.
${results.map(result => `\n## ${capitalize(result.benchCase.title)}\n\n${formatCase(result)}`).join('')}`

const capitalize = (text: string) => text[0]?.toUpperCase() + text.slice(1)
