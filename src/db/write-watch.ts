import type { Engine, RowsOf, Step } from './engine.ts'
import { isWriteFault } from './failures.ts'

type Watched = Pick<Engine, 'prepare' | 'atomically' | 'ping'>

/**
 * Has `ping` tell the truth about writes, which may fail while reads go on: once one has failed for want of room, or of the
 * right to write, `ping` rejects until a write of its own takes effect.
 */
export function watchWrites(engine: Engine): Watched {
  let hasFailed = false
  const note = (error: unknown): never => {
    hasFailed ||= isWriteFault(error)
    throw error
  }

  return {
    prepare(builder, name) {
      const prepared = engine.prepare(builder, name)
      return { ...prepared, execute: values => prepared.execute(values).catch(note) }
    },
    atomically: <Steps extends readonly Step[]>(...steps: Steps): Promise<RowsOf<Steps>> =>
      engine.atomically(...steps).catch(note),
    async ping() {
      await engine.ping()
      if (!hasFailed) return
      await engine.probe()
      hasFailed = false
    }
  }
}
