import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const read = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8')
/** The first version that analyses a unit which is not loaded. */
const SYSTEMD = 250
const { stdout: version } = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' })
const hasSystemd = Number(/\d+/.exec(version)) >= SYSTEMD

t.test(
  'systemd accepts the unit, and finds an exposure of at most 1.5 of 10',
  { skip: !hasSystemd && `needs systemd ${SYSTEMD}` },
  async t => {
    const unit = read('deploy/latchkey.service')
    // The program is not installed here.
    const installed = unit.replace('/srv/latchkey/node_modules/.bin/latchkey', process.execPath)
    t.not(installed, unit)
    const file = join(t.testdir(), 'latchkey.service')
    writeFileSync(file, installed)
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    t.strictSame({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
    const security = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=15', file])
    t.equal(security.status, 0)
  }
)

t.test('latchkey-admin runs a command as the unit runs the service', async t => {
  const unit = read('deploy/latchkey.service')
  const script = read('deploy/latchkey-admin')
  const properties = Array.from(script.matchAll(/--property=(\S+)/g), ([, property = '']) => property)
  t.ok(properties.length > 5)
  // A unit without a user of its own has one of its name.
  for (const property of properties.filter(property => property !== 'User=latchkey'))
    t.ok(unit.includes(`\n${property}\n`), property)
  const [, database] = /--setenv=(DATABASE_URL=\S+)/.exec(script) ?? []
  t.match(unit, `\nEnvironment=${database}\n`)
  t.match(unit, /\nExecStart=\/srv\/latchkey\/node_modules\/.bin\/latchkey serve\n/)
  t.match(script, /\n {2}\/srv\/latchkey\/node_modules\/.bin\/latchkey "\$@"\n$/)
})

t.test(
  'the image is built from the files that the build needs, on the version of Node that the tests run on',
  async t => {
    const { devDependencies } = JSON.parse(read('package.json'))
    const bases = Array.from(read('Dockerfile').matchAll(/^FROM node:(\d+)-slim/gm), ([, major]) => major)
    const [major] = devDependencies.node.split('.')
    t.strictSame(bases, [major, major])

    const kept = Array.from(read('.dockerignore').matchAll(/^!(.+)$/gm), ([, path]) => path)
    const copied = Array.from(read('Dockerfile').matchAll(/\/build\/(\S+)/g), ([, path = '']) => path)
    for (const path of copied.filter(path => !['node_modules', 'dist'].includes(path)))
      t.ok(kept.includes(path), path)
  }
)
