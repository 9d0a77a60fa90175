import buildCompiler from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

type BuildSerializer = ReturnType<typeof buildCompiler>

const buildSerializerCompiler = buildCompiler()
const compilersBySchemas = new Map<string, ReturnType<BuildSerializer>>()

/**
 * Compiles each response schema once for all routes and all apps of the process. Nearly all routes answer with the same
 * problem document. Compiling it for each route and status would take most of the start time.
 */
export const cachingSchemaController: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: {
    buildSerializer(externalSchemas, options) {
      const schemasKey = JSON.stringify(externalSchemas)
      const compiler =
        compilersBySchemas.get(schemasKey) ??
        // The library takes a schema that it compiles out of those that others refer to, so each gets schemas of its own.
        withSerializerCache(route => buildSerializerCompiler(externalSchemas, options)(route))
      compilersBySchemas.set(schemasKey, compiler)
      return compiler
    }
  }
}

function withSerializerCache(compile: ReturnType<BuildSerializer>): typeof compile {
  const serializers = new Map<string, ReturnType<typeof compile>>()
  return route => {
    const key = JSON.stringify(route.schema)
    const serializer = serializers.get(key) ?? compile(route)
    serializers.set(key, serializer)
    return serializer
  }
}
