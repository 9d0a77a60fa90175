/** Descriptors of the process itself: of its threads, database and log, and some to spare. */
const RESERVED_DESCRIPTORS = 36
/** An open connection, and a file that is sent on it. */
const DESCRIPTORS_PER_CONNECTION = 2

interface Report {
  readonly userLimits?: { readonly open_files: { readonly soft: number | string } }
}

function getReport({ report }: NodeJS.Process): Report {
  Object.assign(report, { excludeNetwork: true })
  return report.getReport()
}

/** The most files, connections and the like that this process may have open; Infinity where nobody limits that. */
export function getMaxDescriptors({ userLimits }: Report = getReport(process)): number {
  const limit = Number(userLimits?.open_files.soft)
  return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit
}

/**
 * How many connections a process can have at a time, that it never lacks a descriptor.
 * @param requested the most that there shall be
 * @param pool connections of its own, to the database
 */
export const getMaxConnections = (requested: number, pool: number, available = getMaxDescriptors()): number =>
  Math.max(
    1,
    Math.min(requested, Math.floor((available - RESERVED_DESCRIPTORS - pool) / DESCRIPTORS_PER_CONNECTION))
  )
