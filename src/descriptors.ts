/** Descriptors of the process itself: of its threads, database and log, and some to spare. */
const OWN = 36
/** An open connection, and a file that is sent on it. */
const PER_CONNECTION = 2

interface Report {
  readonly userLimits?: { readonly open_files: { readonly soft: number | string } }
}

function reportOf({ report }: NodeJS.Process): Report {
  Object.assign(report, { excludeNetwork: true })
  return report.getReport()
}

/** The most files, connections and the like that this process may have open; Infinity where nobody limits that. */
export function descriptors({ userLimits }: Report = reportOf(process)): number {
  const most = Number(userLimits?.open_files.soft)
  return Number.isNaN(most) ? Number.POSITIVE_INFINITY : most
}

/**
 * How many connections a process can have at a time, that it never lacks a descriptor.
 * @param wanted the most that there shall be
 * @param pool connections of its own, to the database
 */
export const connectionsFor = (wanted: number, pool: number, available = descriptors()): number =>
  Math.max(1, Math.min(wanted, Math.floor((available - OWN - pool) / PER_CONNECTION)))
