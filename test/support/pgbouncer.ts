import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from './free-port.ts'

/** A PgBouncer before a server, in transaction mode. */
export interface Pooler {
  /** The URL of the server's database, by way of the pooler. Any other database can be reached likewise. */
  readonly url: string
  /** What it has logged. */
  readonly lines: string[]
  readonly stop: () => Promise<void>
}

/** PgBouncer refuses to run as root. */
const NOBODY = { uid: 65_534, gid: 65_534 }

/** Runs it until the end of the input: also when the process that holds the other end was killed. */
const SUPERVISOR_SCRIPT = 'command -v pgbouncer || exit; pgbouncer "$1" & cat; kill -INT $!; wait $!'

/** As strict as Debian ships it; with so few connections that those who share them meet. */
const SETTINGS = {
  listen_addr: '127.0.0.1',
  unix_socket_dir: '',
  auth_type: 'trust',
  pool_mode: 'transaction',
  default_pool_size: '3',
  max_client_conn: '1000',
  server_login_retry: '1',
  server_idle_timeout: '5',
  log_connections: '0',
  log_disconnections: '0'
}

/**
 * Starts the PgBouncer of the system.
 * @param server the URL of a server's database
 * @param settings further ones, as in `pgbouncer.ini`
 */
export async function startPgbouncer(server: string, settings: Record<string, string> = {}): Promise<Pooler> {
  const { hostname, port, username } = new URL(server)
  const home = mkdtempSync(join(tmpdir(), 'latchkey-pgbouncer-'))
  chmodSync(home, 0o755)
  const users = join(home, 'users.txt')
  writeFileSync(users, `"${username}" ""\n`)
  const listen_port = await freePort()
  const lines = Object.entries({ ...SETTINGS, listen_port, auth_file: users, ...settings })
  writeFileSync(
    join(home, 'pgbouncer.ini'),
    `[databases]
* = host=${hostname} port=${port}
[pgbouncer]
${lines.map(([name, value]) => `${name} = ${value}`).join('\n')}
`
  )
  const supervisor = spawn('sh', ['-c', SUPERVISOR_SCRIPT, 'sh', join(home, 'pgbouncer.ini')], {
    ...(process.getuid?.() === 0 && NOBODY),
    stdio: ['pipe', 'ignore', 'pipe']
  })
  const output: string[] = []
  await new Promise<void>((resolve, reject) => {
    supervisor.on('exit', () =>
      reject(new Error(`PgBouncer has ended, or is not installed: ${output.join('\n')}`))
    )
    createInterface({ input: supervisor.stderr }).on('line', line => {
      output.push(line)
      if (line.includes('process up')) resolve()
    })
  })
  return {
    url: Object.assign(new URL(server), { port: listen_port }).href,
    lines: output,
    async stop() {
      supervisor.stdin.end()
      if (supervisor.exitCode === null) await once(supervisor, 'exit')
      rmSync(home, { recursive: true })
    }
  }
}
