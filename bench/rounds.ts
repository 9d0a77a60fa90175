import { mkdirSync, mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { Case, Measured, Service } from './cases.ts'
import { ON_SUBJECTS_CORE } from './cores.ts'
import { slowDisk } from './disk.ts'
import { median } from './medians.ts'
import { peopleOf } from './people.ts'
import { launch, untilAtRest } from './process.ts'
import { sessionsOfLatchkey } from './sessions.ts'
import type { Subject } from './subjects.ts'

const SECRET = 'a secret that only the bench signs with'
const HOUR = '3600'

export interface Extent {
  /** Seconds before the first round, in which Node compiles what is used most: rates rise for longer than one would think. */
  readonly warmUp: number
  readonly rounds: number
  readonly seconds: number
}

/** What a subject reached in a case: medians of the rounds. */
export interface Reached extends Measured {
  readonly subject: Subject
  /** The rate as a part of the base's of the same round. */
  readonly part: number
}

export interface Result {
  readonly of: Case
  readonly reached: readonly Reached[]
}

/** Starts a subject on a database of its own, and signs its people up. */
async function start(
  subject: Subject,
  { settings, sessions, delay, todos }: Case,
  folder: string
): Promise<Service> {
  const home = join(folder, subject.name.replace(':', '-'))
  mkdirSync(home)
  const file = join(home, 'bench.db')
  const disk = delay === undefined ? {} : slowDisk(folder, delay)
  const all = {
    DATABASE_URL: `file:${file}`,
    DATABASE_FILE: file,
    JWT_SECRET: SECRET,
    ACCESS_TOKEN_TTL: HOUR,
    RATE_LIMIT: 'off',
    ...settings,
    ...subject.settings
  }
  const isLatchkey = subject.name.startsWith('latchkey')
  const pairs = isLatchkey && sessions ? await sessionsOfLatchkey(all, sessions) : []
  const running = await launch([subject.program], { ...all, ...disk }, home, ON_SUBJECTS_CORE)
  try {
    const people = subject.api ? await peopleOf(running.url, subject.api, todos) : []
    return { ...running, api: subject.api, people, pairs }
  } catch (error) {
    await running.stop()
    throw error
  }
}

/**
 * Measures subjects in turn, round by round, so that whatever else the machine does meets them alike. A round before
 * the first one warms them up, and is not counted.
 * @param folder where databases are kept
 * @param tell is told what is done
 */
export async function measure(
  of: Case,
  subjects: readonly Subject[],
  { warmUp, rounds, seconds }: Extent,
  folder: string,
  tell: (what: string) => void
): Promise<Result> {
  const services: Service[] = []
  const samples = subjects.map((): Measured[] => [])
  const databases = mkdtempSync(join(folder, `${of.name}-`))
  try {
    for (const subject of subjects) {
      tell(`${of.title}: ${subject.name} starts`)
      services.push(await start(subject, of, databases))
    }
    for (let round = 0; round <= rounds; round += 1) {
      const time = (round === 0 ? warmUp : seconds) * (of.length ?? 1)
      const what = round === 0 ? 'warm-up' : `round ${round} of ${rounds}`
      for (const [index, service] of services.entries()) {
        const name = subjects[index]?.name
        tell(`${of.title}: ${what}, ${name}`)
        const sample = await of.run(service, time).catch(error => {
          throw new Error(`${of.name}, ${name}: ${error.message}`)
        })
        if (round > 0) samples[index]?.push(sample)
        await untilAtRest(service)
      }
    }
  } finally {
    await Promise.all(services.map(({ stop }) => stop()))
  }
  const base = samples[subjects.findIndex(({ name }) => name === of.base)]
  return { of, reached: subjects.map((subject, index) => reachedBy(subject, samples[index] ?? [], base)) }
}

function reachedBy(subject: Subject, samples: readonly Measured[], base: readonly Measured[] = []): Reached {
  const of = (value: (sample: Measured) => number | undefined) =>
    median(samples.map(sample => value(sample) ?? Number.NaN))
  return {
    subject,
    part: median(samples.map(({ rate }, round) => rate / (base[round]?.rate ?? Number.NaN))),
    rate: of(({ rate }) => rate),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    cpu: of(({ cpu }) => cpu),
    reads: { idle: of(({ reads }) => reads?.idle), busy: of(({ reads }) => reads?.busy) },
    memory: of(({ memory }) => memory)
  }
}
