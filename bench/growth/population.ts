import { V7Generator } from 'uuidv7'
import type { UserRow } from '../../src/auth/user.ts'
import { priorities } from '../../src/todos/content/content.ts'
import type { TodoRow } from '../../src/todos/tables.ts'
import { toRow } from '../../src/todos/todo.ts'

/** Users who have as many todos each. */
export interface Population {
  readonly users: readonly UserRow[]
  readonly todosEach: number
  /** Some of the todos, here and there. */
  readonly sample: Pick<TodoRow, 'userId' | 'id'>[]
}

/** How many todos the sample has. */
const SAMPLE_SIZE = 2000

const ids = new V7Generator()
/** Milliseconds between two todos, within which they are changed after that, and within which they are due. */
const [PACE, LATER, YEAR] = [1000, 86_400_000, 31_536_000_000]

const WORDS =
  'buy oat milk call the bank water plants book a dentist mend bicycle write to grandmother pay rent clean windows'.split(
    ' '
  )
export const randomBelow = (bound: number) => Math.floor(Math.random() * bound)
export const pick = <Item>(items: readonly Item[]) => items[randomBelow(items.length)] as Item
const flipCoin = () => Math.random() < 0.5

export function createPopulation(name: string, users: number, todosEach: number, now: Date): Population {
  const createUser = (index: number): UserRow => {
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
      hasSecondFactor: false,
      emailVersion: 0,
      emailVerified: false,
      disabledAt: null,
      createdAt: now
    }
  }
  return { users: Array.from({ length: users }, (_, index) => createUser(index)), todosEach, sample: [] }
}

/**
 * The todos of crowds in the order in which they would have been made in years: now this user makes one, now that one, so
 * that no user's rows lie together.
 */
export function* generateTodos(populations: readonly Population[], now: Date): Generator<TodoRow> {
  const count = ({ users, todosEach }: Population) => users.length * todosEach
  const longest = Math.max(...populations.map(count))
  for (let step = 0; step < longest; step += 1) {
    const createdAt = new Date(now.getTime() - LATER - (longest - step) * PACE)
    for (const population of populations) {
      if (step >= count(population)) continue
      const row = createTodoRow(population.users[step % population.users.length] as UserRow, createdAt)
      if (isSampled(population, step)) population.sample.push(row)
      yield row
    }
  }
}

/** Each user's first one, and others here and there. */
const isSampled = ({ users, todosEach }: Population, step: number) =>
  Math.random() * users.length * todosEach < SAMPLE_SIZE || step < users.length

function createTodoRow({ id: userId }: UserRow, now: Date): TodoRow {
  const id = ids.generateOrResetWithTs(now.getTime()).toString()
  const content = {
    title: `${pick(WORDS)} ${pick(WORDS)} ${randomBelow(1e6)}`,
    description: flipCoin() ? `${pick(WORDS)} for ${pick(WORDS)}` : null,
    done: flipCoin(),
    due: flipCoin() ? { date: new Date(now.getTime() + randomBelow(YEAR)).toISOString().slice(0, 10) } : null,
    priority: pick(priorities),
    tags: flipCoin() ? [pick(WORDS)] : [],
    repeat: null
  }
  return { ...toRow(content, { id, userId, now }), updatedAt: new Date(now.getTime() + randomBelow(LATER)) }
}
