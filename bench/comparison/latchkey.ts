import { startLatchkey } from '../harness/latchkey.ts'
import { createPeople } from '../harness/people.ts'
import { type Service, TODOS } from './cases.ts'
import { bearerApi } from './subjects.ts'

/**
 * Starts Latchkey as a subject of the comparison: in a folder of its own, with people who are signed up.
 * @param settings those in which it differs from another one
 */
export async function startSubject(home: string, settings: NodeJS.ProcessEnv): Promise<Service> {
  const running = await startLatchkey(home, settings)
  return { ...running, api: bearerApi, people: await createPeople(running.url, bearerApi, TODOS), pairs: [] }
}
