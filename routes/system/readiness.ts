import type { FastifyRequest } from 'fastify'

/** The codes of the problems that requests meet with while the service is not ready. */
export const UNAVAILABILITY_CODES = ['shutting_down', 'database_unavailable'] as const
export type UnavailabilityCode = (typeof UNAVAILABILITY_CODES)[number]

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
