import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { dirname, resolve } from 'node:path'
import { describeSystemError, SystemError } from './system-error.ts'

const { R_OK, W_OK, X_OK } = constants
/** The bits of a file's mode that give rights to others than owner and group. */
const OTHERS_MASK = 0o007

/** Whether the path exists; a link that leads nowhere counts. */
export const pathExists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/**
 * Creates a file that only its owner may read, whatever the umask.
 * @throws with the code EEXIST when the path exists, also as a link that leads nowhere
 */
export function createPrivateFile(path: string, content: string | Buffer = ''): void {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    fchmodSync(descriptor, 0o600)
    writeFileSync(descriptor, content)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Reads a file. Anything else, such as a pipe, could keep the program waiting or never end.
 * @throws {SystemError} naming the file when it cannot be read
 */
export function readPrivateFile(path: string): Buffer {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats && !stats.isFile()) throw new SystemError(`${path} cannot be read: it is not a file.`)
  try {
    return readFileSync(path)
  } catch (error) {
    throw new SystemError(`${path} cannot be read: ${describeSystemError(error)}.`)
  }
}

/** Restricts a file to its owner when anybody may use it. Rights of the group alone are taken for intended. */
export function restrictToOwner(path: string, chmod = chmodSync): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0
  if ((mode & OTHERS_MASK) === 0) return
  try {
    chmod(path, 0o600)
  } catch {
    // The file belongs to another user. `latchkey doctor` reports it.
  }
}

/**
 * Creates the folder of a file, for its owner only. Folders above it must exist: a path that lacks more is probably wrong.
 * @throws {SystemError} when the folder cannot be created
 */
export function createParentFolder(path: string): void {
  const obstacle = findFolderObstacle(path, accessSync)
  if (obstacle) throw new SystemError(obstacle)
  mkdirSync(dirname(resolve(path)), { recursive: true, mode: 0o700 })
}

/**
 * Finds what keeps this user from reading and writing a file and others in its folder. The file need not exist. Nothing is
 * changed.
 * @returns a line that says what to do, or undefined
 */
export function findObstacle(path: string, access = accessSync): string | undefined {
  const obstacle = findFolderObstacle(path, access)
  if (obstacle || !pathExists(path)) return obstacle
  if (!existsSync(path))
    return `${path} is a link to a file that is not there. Remove it, or give another path.`
  if (!statSync(path).isFile()) return `${path} is not a file. Give the path of one.`
  return findAccessError(path, R_OK | W_OK, 'cannot be read and written', access)
}

function findFolderObstacle(path: string, access: typeof accessSync): string | undefined {
  const folder = dirname(resolve(path))
  // Where the folder must be created, or the file written.
  const existingFolder = existsSync(folder) ? folder : dirname(folder)
  if (!existsSync(existingFolder))
    return `There is no folder ${existingFolder}, so ${path} cannot be made. Make the folder, or give another path.`
  if (!statSync(existingFolder).isDirectory())
    return `${existingFolder} is not a folder, so ${path} cannot be made. Give another path.`
  return findAccessError(
    existingFolder,
    W_OK | X_OK,
    `cannot be written to, so ${path} cannot be made or used`,
    access
  )
}

function findAccessError(
  path: string,
  mode: number,
  failure: string,
  access: typeof accessSync
): string | undefined {
  try {
    access(path, mode)
    return undefined
  } catch (error) {
    return `${path} ${failure}: ${describeSystemError(error)}. Give this user the right to, or give another path.`
  }
}
