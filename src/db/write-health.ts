import type { BoundStatement, Engine, ResultsOf } from './engine.ts'
import { isWriteFault } from './errors.ts'

type WriteHealth = Pick<Engine, 'prepare' | 'atomically' | 'ping'>

/**
 * Has `ping` tell the truth about writes, which may fail while reads go on: once one has failed for want of room, or of the
 * right to write, `ping` rejects until a write of its own takes effect.
 */
export function trackWriteHealth(engine: Engine): WriteHealth {
  let hasFailed = false
  const recordFailure = (error: unknown): never => {
    hasFailed ||= isWriteFault(error)
    throw error
  }

  return {
    prepare(builder, name) {
      const prepared = engine.prepare(builder, name)
      return { ...prepared, execute: params => prepared.execute(params).catch(recordFailure) }
    },
    atomically: <Statements extends readonly BoundStatement[]>(
      ...statements: Statements
    ): Promise<ResultsOf<Statements>> => engine.atomically(...statements).catch(recordFailure),
    async ping() {
      await engine.ping()
      if (!hasFailed) return
      await engine.probeWrite()
      hasFailed = false
    }
  }
}
