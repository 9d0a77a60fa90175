import { fileURLToPath } from 'node:url'

/** Whether the URL of a database names a PostgreSQL database, not a SQLite file. */
export const isPostgres = (url: string): boolean => /^postgres(ql)?:/.test(url)

/** Whether a text names a database: `file:PATH`, `:memory:` or `postgres://…`. */
export function isDatabaseUrl(value: string): boolean {
  if (value.startsWith('file://')) return isFileUrl(value)
  // The URL of a Unix socket has no host. The URL standard refuses such a URL when it names a user.
  if (/^postgres(ql)?:\/\/./.test(value))
    return URL.canParse(value) || URL.canParse(value.replace('@/', '@x/'))
  return value === ':memory:' || /^file:./.test(value)
}

function isFileUrl(value: string): boolean {
  try {
    return fileURLToPath(value) !== ''
  } catch {
    return false
  }
}
