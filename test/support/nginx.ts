import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { freePort } from './free-port.ts'

/** Runs it until the end of the input: also when the process that holds the other end was killed. */
const SUPERVISOR_SCRIPT = 'command -v nginx || exit; nginx -c "$1" & cat; kill -QUIT $!; wait $!'

/** As nginx is by default, but for where it keeps its files: it buffers answers, and speaks HTTP/1.0 with the service. */
const toConfig = (home: string, port: number, origin: string) => `
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

/**
 * Starts the nginx of the system before a service, and ends it with the test.
 * @returns the origin of the service by way of it
 */
export async function startNginx(t: Test, origin: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-nginx-'))
  const port = await freePort()
  const config = join(home, 'nginx.conf')
  writeFileSync(config, toConfig(home, port, origin))
  const supervisor = spawn('sh', ['-c', SUPERVISOR_SCRIPT, 'sh', config], {
    stdio: ['pipe', 'ignore', 'inherit']
  })
  t.teardown(async () => {
    supervisor.stdin.end()
    if (supervisor.exitCode === null) await once(supervisor, 'exit')
    rmSync(home, { recursive: true })
  })
  const url = `http://127.0.0.1:${port}`
  while (!(await isAnswering(url))) {
    if (supervisor.exitCode !== null) throw new Error('nginx has ended, or is not installed')
    await sleep(20)
  }
  return url
}

const isAnswering = (url: string) =>
  fetch(url).then(
    () => true,
    () => false
  )
