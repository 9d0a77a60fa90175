import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Case, cases } from './comparison/cases.ts'
import { chart } from './comparison/chart.ts'
import { describeMachine, formatCase, formatPage, formatSummary } from './comparison/report.ts'
import { type CaseResult, measure } from './comparison/rounds.ts'
import { arePeersInstalled, isPeer, PEERS, type Subject, subjects } from './comparison/subjects.ts'
import { pinLoad } from './harness/cores.ts'
import { measureSyncTime, slowDisk } from './harness/disk.ts'
import { createBenchFolder } from './harness/folder.ts'

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

/** Selects items by the names in an option. */
function chooseByName<Kind extends { readonly name: string }>(all: readonly Kind[], names: string): Kind[] {
  const requested = names.split(',')
  const unknown = requested.find(name => !all.some(entry => entry.name === name))
  if (unknown === undefined) return all.filter(({ name }) => requested.includes(name))
  throw new Error(`There is no ${unknown}. There are ${all.map(({ name }) => name).join(', ')}.`)
}

/** The selected cases. Each keeps its selected subjects, and its base. */
function planRuns() {
  const { quick, only, subjects: names } = values
  const extent = {
    warmUp: quick ? 1 : 8,
    rounds: Number(values.rounds ?? (quick ? 3 : 5)),
    seconds: Number(values.seconds ?? (quick ? 0.5 : 2))
  }
  const ownSubjects = subjects.filter(subject => !isPeer(subject) && subject.name !== 'latchkey-warn')
  const chosenSubjects = names ? chooseByName(subjects, names) : quick ? ownSubjects : subjects
  const chosenCases = only ? chooseByName(cases, only) : cases.filter(({ isQuick }) => isQuick || !quick)
  const getSubjects = ({ name, baseline: base }: Case): Subject[] =>
    subjects.filter(
      entry => entry.cases.includes(name) && (chosenSubjects.includes(entry) || entry.name === base)
    )
  return { extent, plan: chosenCases.map(benchCase => ({ of: benchCase, subjects: getSubjects(benchCase) })) }
}

const print = (text: string) => process.stdout.write(text)
const showProgress = (message: string) => process.stderr.isTTY && process.stderr.write(`\r\u001b[K${message}`)

function preparePeers() {
  const npm = (...args: string[]) => {
    if (spawnSync('npm', args, { cwd: PEERS, stdio: 'inherit' }).status !== 0)
      throw new Error(`npm ${args.join(' ')} failed in ${PEERS}`)
  }
  if (!arePeersInstalled()) {
    print('Installing the packages of the peers in bench/peers, once.\n')
    npm('ci')
  }
  npm('run', '--silent', 'build')
}

async function run({ extent, plan }: ReturnType<typeof planRuns>, folder: string): Promise<CaseResult[]> {
  const results: CaseResult[] = []
  for (const { of: benchCase, subjects } of plan) {
    if (benchCase.delay !== undefined && !slowDisk(folder, benchCase.delay)) {
      print(`\n${benchCase.title}: skipped: it needs Linux and a C compiler (cc)\n`)
      continue
    }
    const result = await measure(benchCase, subjects, extent, folder, showProgress)
    showProgress('')
    print(`\n${benchCase.title}\n${formatCase(result)}`)
    results.push(result)
  }
  return results
}

async function bench() {
  const requested = planRuns()
  if (requested.plan.some(({ subjects }) => subjects.some(isPeer))) preparePeers()
  pinLoad()

  const folder = createBenchFolder()

  const disk = measureSyncTime(folder)
  print(`${describeMachine(disk)}\n`)
  const results = await run(requested, folder)
  print(`\n${formatSummary(results)}`)
  if (Object.values(values).some(Boolean)) return
  writeFileSync(join(import.meta.dirname, 'results.md'), formatPage(results, disk, requested.extent))
  writeFileSync(join(import.meta.dirname, 'results.svg'), chart(results))
  print('\nbench/results.md and bench/results.svg were written.\n')
}

try {
  await bench()
} catch (error) {
  process.stderr.write(`\n${(error as Error).message}\n`)
  process.exitCode = 1
}
