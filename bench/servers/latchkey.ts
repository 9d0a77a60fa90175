import { readProcessConfig } from '../../src/config/environment.ts'
import { serve } from '../../src/server.ts'

/** Latchkey as `latchkey serve` runs it, as a program without arguments like the others. */
await serve(readProcessConfig(), false)
