/** Descriptors of the process itself: for threads, database and log, and some to spare. */
const RESERVED_DESCRIPTORS = 36
/** One for the connection, one for a file that is sent on it. */
const DESCRIPTORS_PER_CONNECTION = 2

interface Report {
  readonly userLimits?: { readonly open_files: { readonly soft: number | string } }
}

function getReport({ report }: NodeJS.Process): Report {
  Object.assign(report, { excludeNetwork: true })
  return report.getReport()
}

/** The most descriptors that this process may have open (`ulimit -n`); Infinity without a limit. */
export function getMaxDescriptors({ userLimits }: Report = getReport(process)): number {
  const limit = Number(userLimits?.open_files.soft)
  return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit
}

/**
 * The most connections of clients that leave the process enough descriptors, at least 1.
 * @param requested the most connections by the settings
 * @param pool the most connections to the database
 */
export const getMaxConnections = (requested: number, pool: number, available = getMaxDescriptors()): number =>
  Math.max(
    1,
    Math.min(requested, Math.floor((available - RESERVED_DESCRIPTORS - pool) / DESCRIPTORS_PER_CONNECTION))
  )
