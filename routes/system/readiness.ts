import type { FastifyRequest } from 'fastify'

/** The code of the problem that requests meet with. */
export type UnavailabilityCode = 'shutting_down' | 'database_unavailable'

/** Why the service cannot serve requests at present, as the code of a problem; undefined when it can. Asks the database. */
export async function findUnavailability({
  server: app,
  log
}: FastifyRequest): Promise<UnavailabilityCode | undefined> {
  if (app.isStopping) return 'shutting_down'
  return app.store.ping().then(
    () => undefined,
    error => {
      log.error({ err: error }, 'the database does not answer')
      return 'database_unavailable'
    }
  )
}
