import type { FastifyRequest } from 'fastify'

/** The codes of the problems that requests meet with while the service is not ready. */
export const UNAVAILABILITY_CODES = ['shutting_down', 'database_unavailable'] as const
export type UnavailabilityCode = (typeof UNAVAILABILITY_CODES)[number]

/**
 * Finds out whether the service can answer requests. The check includes the database.
 * @returns the code of the problem that requests would get, or undefined
 */
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
