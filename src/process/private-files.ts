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
/** What the others of a machine may do with a file, by its mode. */
const OTHERS_MASK = 0o007

/** Whether there is something by that name; a link that leads nowhere counts. */
export const pathExists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined

/**
 * Makes a file that only its owner may read, whatever the umask.
 * @throws with the code EEXIST when there is something by that name: neither files nor links are followed
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

/** @throws {SystemError} naming the file when it cannot be read */
export function readPrivateFile(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new SystemError(`${path} cannot be read: ${describeSystemError(error)}.`)
  }
}

/** Leaves a file to its owner where anybody may use it. What a group may was meant so. */
export function restrictToOwner(path: string, chmod = chmodSync): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0
  if ((mode & OTHERS_MASK) === 0) return
  try {
    chmod(path, 0o600)
  } catch {
    // It is somebody else's. doctor tells.
  }
}

/**
 * Makes the folder that a file is to lie in, for its owner only. Not those above it: a path that lacks more than one is a
 * mistaken one.
 * @throws {SystemError} when it cannot be made
 */
export function createParentFolder(path: string): void {
  const obstacle = findFolderObstacle(path, accessSync)
  if (obstacle) throw new SystemError(obstacle)
  mkdirSync(dirname(resolve(path)), { recursive: true, mode: 0o700 })
}

/**
 * What keeps this user from reading and writing a file, and others beside it, where there need not be one yet. Nothing is
 * changed by looking.
 * @returns a line that says what to do
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
  // The one that is to be made, or else to be written to.
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
