import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { freePort } from './free-port.ts'

/** Runs a program until the end of the input: also when the process that holds the other end was killed. */
const SUPERVISOR_SCRIPT =
  'name=$1; shift; command -v "$name" || exit; "$name" "$@" & cat; kill -TERM $!; wait $!'

/** A reverse proxy of the system. */
interface Proxy {
  readonly name: string
  /** The option that names the file with the configuration. */
  readonly option: string
  /** @param home a folder for what it writes */
  readonly toConfig: (home: string, port: number, origin: string) => string
}

/** nginx as it is by default, but for where it keeps its files: it buffers answers, and speaks HTTP/1.0 with the service. */
const nginx: Proxy = {
  name: 'nginx',
  option: '-c',
  toConfig: (home, port, origin) => `
daemon off;
master_process off;
pid ${home}/nginx.pid;
error_log ${home}/error.log;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${home}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${origin};
    }
  }
}`
}

export const startNginx = (t: Test, origin: string) => startProxy(t, origin, nginx)

/** Starts HAProxy. @param toConfig its configuration, for a port of this machine and the address of a service */
export const startHaproxy = (t: Test, origin: string, toConfig: (port: number, address: string) => string) =>
  startProxy(t, origin, {
    name: 'haproxy',
    option: '-f',
    toConfig: (_home, port, origin) => toConfig(port, new URL(origin).host)
  })

/**
 * Starts a proxy before a service, and ends it with the test.
 * @returns the origin of the service by way of it
 */
async function startProxy(t: Test, origin: string, { name, option, toConfig }: Proxy): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), `latchkey-${name}-`))
  const port = await freePort()
  const config = join(home, 'proxy.conf')
  writeFileSync(config, toConfig(home, port, origin))
  const supervisor = spawn('sh', ['-c', SUPERVISOR_SCRIPT, 'sh', name, option, config], {
    stdio: ['pipe', 'ignore', 'inherit']
  })
  t.teardown(async () => {
    supervisor.stdin.end()
    if (supervisor.exitCode === null) await once(supervisor, 'exit')
    rmSync(home, { recursive: true })
  })
  const url = `http://127.0.0.1:${port}`
  while (!(await isAnswering(url))) {
    if (supervisor.exitCode !== null) throw new Error(`${name} has ended, or is not installed`)
    await sleep(20)
  }
  return url
}

const isAnswering = (url: string) =>
  fetch(url).then(
    () => true,
    () => false
  )
