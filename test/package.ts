/**
 * Packs the project, installs the package into an empty folder, and runs it there: `npm run test:package`. Node strips no
 * types under node_modules, so only this test runs the compiled program. It does the same with the package of the client.
 */
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { SMTPServer } from 'smtp-server'

const ROOT = join(import.meta.dirname, '..')
/** Milliseconds after which it gives up, wherever it is. */
const TIMEOUT = 300_000
/** All that belongs into the package. */
const EXPECTED = [
  /^(package\.json|LICENSE|(README|CHANGELOG|SECURITY)\.md|\.env\.example)$/,
  /^docs\/.+\.md$/,
  /^deploy\/latchkey(\.service|-admin)$/,
  /^bin\/(latchkey|start)\.js$/,
  /^dist\/.+\.(js|json|sql)$/,
  /^dist\/src\/client\/.+\.d\.ts$/
]

const execute = promisify(execFile)
const print = (line: string) => process.stdout.write(`${line}\n`)

function expect(actual: unknown, expected: unknown, what: string) {
  if (actual !== expected) throw new Error(`${what}: ${actual}, not ${expected}`)
  print(`ok ${what}`)
}

async function pack(folder: string): Promise<string> {
  const { stdout } = await execute('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT })
  const [{ filename, files, size }] = JSON.parse(stdout)
  const paths: string[] = files.map(({ path }: { path: string }) => path)
  const surplus = paths.filter(path => !EXPECTED.some(pattern => pattern.test(path)))
  expect(surplus.join(), '', `${filename}: ${files.length} files, ${size} bytes; surplus`)
  const missing = EXPECTED.filter(pattern => !paths.some(path => pattern.test(path)))
  expect(missing.join(), '', 'missing')
  return join(folder, filename)
}

/** Runs the service as it is installed, with nothing set but the port, and makes an account in it. */
async function useService(cwd: string) {
  const { PATH } = process.env
  const service = spawn(join(cwd, 'node_modules/.bin/latchkey'), ['serve'], {
    cwd,
    env: { PATH, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  try {
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: service.stdout }).on('line', line => {
        const [, address] = /Latchkey listens on (http:[^"]+)/.exec(line) ?? []
        if (address) resolve(address)
      })
      service.on('exit', code => reject(new Error(`serve ended with ${code}`)))
    })
    const response = await fetch(`${url}/api/auth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        username: 'ada',
        email: 'ada@example.org',
        password: 'correct horse battery staple'
      })
    })
    expect(response.status, 201, 'a user registers')
    expect((await fetch(`${url}/docs`)).status, 200, 'the docs are there')
    const { status } = (await (await fetch(url)).json()) as { status: string }
    expect(status, 'ok', 'it says that it is up')
  } finally {
    service.kill('SIGTERM')
  }
  const [code] = await once(service, 'exit')
  expect(code, 0, 'it ends in order')
}

/** Sends a mail, which a thread does whose file must be in the package. */
async function sendMail(npx: (...args: string[]) => Promise<string>) {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, callback) => stream.resume().on('end', () => callback(null, 'taken'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  Object.assign(process.env, {
    MAIL_URL: `smtp://127.0.0.1:${port}`,
    MAIL_FROM: 'no-reply@example.org',
    PUBLIC_URL: 'https://id.example'
  })
  expect(await npx('mail', 'test', 'ada@example.org'), '250 taken\n', 'a mail is sent')
  server.close()
}

/** Installs the package of the client by itself, and loads it. */
async function useClient(parent: string) {
  await execute('npm', ['run', 'client:pack', '--', '--pack-destination', parent], { cwd: ROOT })
  const [file = ''] = globSync('latchkey-client-*.tgz', { cwd: parent })
  const cwd = join(parent, 'front-end')
  await mkdir(cwd)
  await execute('npm', ['install', '--no-audit', '--no-fund', '--prefix', cwd, join(parent, file)])
  expect(
    (await readdir(join(cwd, 'node_modules'))).filter(isPackage).join(),
    'latchkey-client',
    'the client alone'
  )
  const exported = { 'latchkey-client': 'createClient', 'latchkey-client/replica': 'createReplica' }
  for (const [name, member] of Object.entries(exported)) {
    const script = `import('${name}').then(({ ${member} }) => console.log(typeof ${member}))`
    const { stdout } = await execute(process.execPath, ['-e', script], { cwd })
    expect(stdout, 'function\n', `${name} is loaded`)
  }
}

const isPackage = (name: string) => !name.startsWith('.')

const timeout = setTimeout(() => {
  throw new Error(`It took more than ${TIMEOUT / 1000} s.`)
}, TIMEOUT)
const folder = await mkdtemp(join(tmpdir(), 'latchkey-package-'))
try {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const file = await pack(folder)
  await execute('npm', ['install', '--no-audit', '--no-fund', file], { cwd: folder })
  const npx = async (...args: string[]) =>
    (await execute('npx', ['latchkey', ...args], { cwd: folder })).stdout
  expect(await npx('--version'), `${version}\n`, 'npx latchkey --version')
  await useService(folder)
  expect(JSON.parse(await npx('users', 'list', '--json')).username, 'ada', 'the user is on disk')
  await sendMail(npx)
  await useClient(folder)
} finally {
  clearTimeout(timeout)
  await rm(folder, { recursive: true })
}
