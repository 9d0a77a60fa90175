import { V7Generator } from 'uuidv7'
import type { TodoRow, UserRow } from '../../src/db/schema.ts'
import { priorities, rowOf } from '../../src/todos/todo.ts'

/** Users who have as many todos each. */
export interface Crowd {
  readonly users: readonly UserRow[]
  readonly todosEach: number
  /** Some of the todos, here and there. */
  readonly sample: Pick<TodoRow, 'userId' | 'id'>[]
}

/** How many todos the sample has. */
const SAMPLE = 2000

const ids = new V7Generator()
/** Milliseconds between two todos, within which they are changed after that, and within which they are due. */
const [PACE, LATER, YEAR] = [1000, 86_400_000, 31_536_000_000]

const WORDS =
  'buy oat milk call the bank water plants book a dentist mend bicycle write to grandmother pay rent clean windows'.split(
    ' '
  )
export const below = (bound: number) => Math.floor(Math.random() * bound)
export const pick = <Item>(of: readonly Item[]) => of[below(of.length)] as Item
const isSo = () => Math.random() < 0.5

export function crowdOf(name: string, users: number, todosEach: number, now: Date): Crowd {
  const userOf = (index: number): UserRow => {
    const username = `${name}${index}`
    const email = `${username}@example.org`
    return {
      id: ids.generateOrResetWithTs(now.getTime()).toString(),
      username,
      email,
      usernameKey: username,
      emailKey: email,
      passwordHash: '',
      passwordVersion: 0,
      passwordExpiresAt: null,
      disabledAt: null,
      createdAt: now
    }
  }
  return { users: Array.from({ length: users }, (_, index) => userOf(index)), todosEach, sample: [] }
}

/**
 * The todos of crowds in the order in which they would have been made in years: now this user makes one, now that one, so
 * that no user's rows lie together.
 */
export function* todosOfAll(crowds: readonly Crowd[], now: Date): Generator<TodoRow> {
  const count = ({ users, todosEach }: Crowd) => users.length * todosEach
  const most = Math.max(...crowds.map(count))
  for (let step = 0; step < most; step += 1) {
    const made = new Date(now.getTime() - LATER - (most - step) * PACE)
    for (const crowd of crowds) {
      if (step >= count(crowd)) continue
      const row = todoOf(crowd.users[step % crowd.users.length] as UserRow, made)
      if (isSampled(crowd, step)) crowd.sample.push(row)
      yield row
    }
  }
}

/** Each user's first one, and others here and there. */
const isSampled = ({ users, todosEach }: Crowd, step: number) =>
  Math.random() * users.length * todosEach < SAMPLE || step < users.length

function todoOf({ id: userId }: UserRow, now: Date): TodoRow {
  const id = ids.generateOrResetWithTs(now.getTime()).toString()
  const content = {
    title: `${pick(WORDS)} ${pick(WORDS)} ${below(1e6)}`,
    description: isSo() ? `${pick(WORDS)} for ${pick(WORDS)}` : null,
    done: isSo(),
    due: isSo() ? { date: new Date(now.getTime() + below(YEAR)).toISOString().slice(0, 10) } : null,
    priority: pick(priorities),
    tags: isSo() ? [pick(WORDS)] : []
  }
  return { ...rowOf(content, { id, userId, now }), updatedAt: new Date(now.getTime() + below(LATER)) }
}
