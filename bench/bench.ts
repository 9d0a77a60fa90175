import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Case, cases } from './cases.ts'
import { chart } from './chart.ts'
import { moveToLoadsCore } from './cores.ts'
import { slowDisk, syncTime } from './disk.ts'
import { benchFolder } from './folder.ts'
import { caseTable, machine, page, summary } from './report.ts'
import { measure, type Result } from './rounds.ts'
import { arePeersInstalled, isPeer, PEERS, type Subject, subjects } from './subjects.ts'

/*
 * Latchkey and its peers under load, side by side: `npm run bench`, half an hour, leaves `results.md` and
 * `results.svg` here. In parts, which are only printed: `-- --quick` in less than a minute, without the peers;
 * `-- --only read,create`; `-- --subjects latchkey,express`; `--rounds` and `--seconds`.
 */

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    subjects: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' }
  }
})

/** Those that are asked for by their names. */
function chosen<Kind extends { readonly name: string }>(all: readonly Kind[], names: string): Kind[] {
  const asked = names.split(',')
  const unknown = asked.find(name => !all.some(each => each.name === name))
  if (unknown === undefined) return all.filter(({ name }) => asked.includes(name))
  throw new Error(`There is no ${unknown}. There are ${all.map(({ name }) => name).join(', ')}.`)
}

/** What the arguments ask for; the subjects of a case are those that were chosen, and the one that they are parts of. */
function askedFor() {
  const { quick, only, subjects: names } = values
  const extent = {
    warmUp: quick ? 1 : 8,
    rounds: Number(values.rounds ?? (quick ? 3 : 5)),
    seconds: Number(values.seconds ?? (quick ? 0.5 : 2))
  }
  const own = subjects.filter(subject => !isPeer(subject) && subject.name !== 'latchkey-warn')
  const somebody = names ? chosen(subjects, names) : quick ? own : subjects
  const something = only ? chosen(cases, only) : cases.filter(({ isQuick }) => isQuick || !quick)
  const subjectsOf = ({ name, base }: Case): Subject[] =>
    subjects.filter(each => each.cases.includes(name) && (somebody.includes(each) || each.name === base))
  return { extent, plan: something.map(of => ({ of, subjects: subjectsOf(of) })) }
}

const say = (text: string) => process.stdout.write(text)
const tell = (what: string) => process.stderr.isTTY && process.stderr.write(`\r\u001b[K${what}`)

function preparePeers() {
  const npm = (...args: string[]) => {
    if (spawnSync('npm', args, { cwd: PEERS, stdio: 'inherit' }).status !== 0)
      throw new Error(`npm ${args.join(' ')} failed in ${PEERS}`)
  }
  if (!arePeersInstalled()) {
    say('The packages of the peers are installed, once, in bench/peers.\n')
    npm('ci')
  }
  npm('run', '--silent', 'build')
}

async function run({ extent, plan }: ReturnType<typeof askedFor>, folder: string): Promise<Result[]> {
  const results: Result[] = []
  for (const { of, subjects } of plan) {
    if (of.delay !== undefined && !slowDisk(folder, of.delay)) {
      say(`\n${of.title}: left out, for there is no C compiler (cc) on Linux here\n`)
      continue
    }
    const result = await measure(of, subjects, extent, folder, tell)
    tell('')
    say(`\n${of.title}\n${caseTable(result)}`)
    results.push(result)
  }
  return results
}

async function bench() {
  const asked = askedFor()
  if (asked.plan.some(({ subjects }) => subjects.some(isPeer))) preparePeers()
  moveToLoadsCore()

  const folder = benchFolder()

  const disk = syncTime(folder)
  say(`${machine(disk)}\n`)
  const results = await run(asked, folder)
  say(`\n${summary(results)}`)
  if (Object.values(values).some(Boolean)) return
  writeFileSync(join(import.meta.dirname, 'results.md'), page(results, disk, asked.extent))
  writeFileSync(join(import.meta.dirname, 'results.svg'), chart(results))
  say('\nbench/results.md and bench/results.svg are written.\n')
}

try {
  await bench()
} catch (error) {
  process.stderr.write(`\n${(error as Error).message}\n`)
  process.exitCode = 1
}
