import buildCompiler from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

type BuildSerializer = ReturnType<typeof buildCompiler>

const build = buildCompiler()
const compilers = new Map<string, ReturnType<BuildSerializer>>()

/**
 * Compiles each response schema once, however many routes share it: nearly all answer with the same problem document, and
 * compiling it for each status of each of them would be most of the time that the service takes to start. Another app of
 * the process has the same schemas, and so takes what there is.
 */
export const schemaController: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: {
    buildSerializer(named, options) {
      const names = JSON.stringify(named)
      const compiler = compilers.get(names) ?? remembering(build(named, options))
      compilers.set(names, compiler)
      return compiler
    }
  }
}

function remembering(compile: ReturnType<BuildSerializer>): typeof compile {
  const compiled = new Map<string, ReturnType<typeof compile>>()
  return route => {
    const key = JSON.stringify(route.schema)
    const serializer = compiled.get(key) ?? compile(route)
    compiled.set(key, serializer)
    return serializer
  }
}
