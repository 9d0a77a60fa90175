import { fileURLToPath } from 'node:url'

/** Whether a text names a database of either kind. */
export function isDatabaseUrl(value: string): boolean {
  if (value.startsWith('file://')) return isFileUrl(value)
  // There need not be a host, as in those of a socket, which the standard for URLs refuses behind a user's name.
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
