import type { BoundStatement, ResultsOf } from './bound-statement.ts'
import type { Engine } from './engine.ts'
import { isWriteFault } from './errors.ts'

type WriteHealth = Pick<Engine, 'prepare' | 'atomically' | 'ping'>

/**
 * Makes `ping` tell the truth about writes, which may fail while reads go on: once a write has failed for want of room, or of
 * the right to write, `ping` rejects until a write of its own takes effect.
 */
export function trackWriteHealth(engine: Engine): WriteHealth {
  let hasFailed = false
  const recordFailure = (error: unknown) => {
    hasFailed ||= isWriteFault(error)
    return error
  }

  return {
    prepare(builder, name) {
      const prepared = engine.prepare(builder, name)
      return {
        ...prepared,
        async execute(params) {
          try {
            return await prepared.execute(params)
          } catch (error) {
            throw recordFailure(error)
          }
        }
      }
    },
    atomically: <Statements extends readonly BoundStatement[]>(
      ...statements: Statements
    ): Promise<ResultsOf<Statements>> =>
      engine.atomically(...statements).catch(error => {
        throw recordFailure(error)
      }),
    async ping() {
      await engine.ping()
      if (!hasFailed) return
      await engine.probeWrite()
      hasFailed = false
    }
  }
}
