import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { PIN_SUBJECT_COMMAND } from '../harness/cores.ts'
import { slowDisk } from '../harness/disk.ts'
import { median } from '../harness/median.ts'
import { createPeople } from '../harness/people.ts'
import { launch, waitUntilIdle } from '../harness/process.ts'
import type { Case, Measurement, Service } from './cases.ts'
import { createLatchkeySessions } from './sessions.ts'
import type { Subject } from './subjects.ts'

const SECRET = 'a secret that only the bench signs with'
const HOUR = '3600'

export interface BenchOptions {
  /** Seconds of warm-up, in which Node compiles the hot code. */
  readonly warmUp: number
  readonly rounds: number
  readonly seconds: number
}

/** The results of a subject in a case: medians of the rounds. */
export interface SubjectResult extends Measurement {
  readonly subject: Subject
  /** The rate as a part of the base's of the same round. */
  readonly share: number
}

export interface CaseResult {
  readonly benchCase: Case
  readonly subjectResults: readonly SubjectResult[]
}

/** Starts a subject on its own database, and registers its users. */
async function startSubject(
  subject: Subject,
  { settings, sessions, delay, todos }: Case,
  folder: string
): Promise<Service> {
  const home = join(folder, subject.name.replace(':', '-'))
  mkdirSync(home)
  const file = join(home, 'bench.db')
  const disk = delay === undefined ? {} : slowDisk(folder, delay)
  const environment = {
    DATABASE_URL: `file:${file}`,
    DATABASE_FILE: file,
    JWT_SECRET: SECRET,
    ACCESS_TOKEN_TTL: HOUR,
    RATE_LIMIT: 'off',
    ...settings,
    ...subject.settings
  }
  const isLatchkey = subject.name.startsWith('latchkey')
  const pairs = isLatchkey && sessions ? await createLatchkeySessions(environment, sessions) : []
  const running = await launch([subject.program], { ...environment, ...disk }, home, PIN_SUBJECT_COMMAND)
  try {
    const people = subject.api ? await createPeople(running.url, subject.api, todos) : []
    return { ...running, api: subject.api, people, pairs }
  } catch (error) {
    await running.stop()
    throw error
  }
}

/**
 * Measures subjects in turn, round by round, so that other load on the machine affects all of them. A warm-up round is not
 * counted.
 * @param folder the folder of the databases
 * @param showProgress receives the progress as text
 */
export async function measure(
  benchCase: Case,
  subjects: readonly Subject[],
  { warmUp, rounds, seconds }: BenchOptions,
  folder: string,
  showProgress: (what: string) => void
): Promise<CaseResult> {
  const services: Service[] = []
  const samples = subjects.map((): Measurement[] => [])
  const databases = mkdtempSync(join(folder, `${benchCase.name}-`))
  try {
    for (const subject of subjects) {
      showProgress(`${benchCase.title}: ${subject.name} starts`)
      services.push(await startSubject(subject, benchCase, databases))
    }
    for (let round = 0; round <= rounds; round += 1) {
      const time = (round === 0 ? warmUp : seconds) * (benchCase.length ?? 1)
      const what = round === 0 ? 'warm-up' : `round ${round} of ${rounds}`
      for (const [index, service] of services.entries()) {
        const name = subjects[index]?.name
        showProgress(`${benchCase.title}: ${what}, ${name}`)
        const sample = await benchCase.run(service, time).catch(error => {
          throw new Error(`${benchCase.name}, ${name}: ${error.message}`)
        })
        if (round > 0) samples[index]?.push(sample)
        await waitUntilIdle(service)
      }
    }
  } finally {
    await Promise.all(services.map(({ stop }) => stop()))
  }
  const baseline = samples[subjects.findIndex(({ name }) => name === benchCase.baseline)]
  return {
    benchCase,
    subjectResults: subjects.map((subject, index) =>
      summarizeSamples(subject, samples[index] ?? [], baseline)
    )
  }
}

function summarizeSamples(
  subject: Subject,
  samples: readonly Measurement[],
  baseline: readonly Measurement[] = []
): SubjectResult {
  const medianOf = (value: (sample: Measurement) => number | undefined) =>
    median(samples.map(sample => value(sample) ?? Number.NaN))
  return {
    subject,
    share: median(samples.map(({ rate }, round) => rate / (baseline[round]?.rate ?? Number.NaN))),
    rate: medianOf(({ rate }) => rate),
    p50: medianOf(({ p50 }) => p50),
    p99: medianOf(({ p99 }) => p99),
    cpu: medianOf(({ cpu }) => cpu),
    reads: { idle: medianOf(({ reads }) => reads?.idle), busy: medianOf(({ reads }) => reads?.busy) },
    memory: medianOf(({ memory }) => memory)
  }
}
