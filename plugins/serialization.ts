import buildCompiler from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

/**
 * Compiles each response schema once, however many routes share it: nearly all answer with the same problem document, and
 * compiling it for each status of each of them would be most of the time that the service takes to start.
 */
export const schemaController: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: {
    buildSerializer(externalSchemas, options) {
      const compile = buildCompiler()(externalSchemas, options)
      const compiled = new Map<string, ReturnType<typeof compile>>()
      return route => {
        const key = JSON.stringify(route.schema)
        const serializer = compiled.get(key) ?? compile(route)
        compiled.set(key, serializer)
        return serializer
      }
    }
  }
}
