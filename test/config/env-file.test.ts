import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import t from 'tap'
import { readEnvFile } from '../../src/config/env-file.ts'
import { runServe } from '../support/process.ts'

const fileWith = (cwd: string, content: string | Buffer) => {
  const file = join(cwd, '.env')
  writeFileSync(file, content)
  return file
}

t.test('what Node reads is read, whatever editor has written it', async t => {
  const cwd = t.testdir()
  const texts = [
    '',
    'A=1',
    '\n# a comment\n  # another\n\t\nexport A=1\nB = 2 # why\nC=\nD=a=b\nE.F-g=x"y"z\n',
    'A="x\ny=z\n\nno name" # why\r\nB=\'2\'\r\n\r\nC=`3`\r\n',
    'A=\nB="it\'s"\nC=\'say "x"\'\n'
  ]
  for (const text of texts)
    t.strictSame(readEnvFile(fileWith(cwd, text)), { variables: parseEnv(text), faults: [] }, text)
  t.strictSame(readEnvFile(fileWith(cwd, '\uFEFFPORT=1\nB=2')), {
    variables: { PORT: '1', B: '2' },
    faults: []
  })
  t.strictSame(readEnvFile(join(cwd, 'none')), { variables: {}, faults: [] })
})

t.test('a line that Node would pass over is told by its number, and never shown', async t => {
  const cwd = t.testdir()
  const cases: [string, ...string[]][] = [
    ['A=1\nsecret\nB=2', 'line 2 is not NAME=VALUE.'],
    ['PORT: 3000', 'line 1 is not NAME=VALUE.'],
    ['=secret', 'line 1 is not NAME=VALUE.'],
    ['A B=secret', 'line 1 is not NAME=VALUE.'],
    ['\uFEFF\r\nsecret\r\nset A=secret\r\n', 'line 2 is not NAME=VALUE.', 'line 3 is not NAME=VALUE.'],
    ['A="x\ny"\nsecret', 'line 3 is not NAME=VALUE.'],
    ['A="secret', 'line 1 has a quote that is never closed.'],
    ["B=1\nA='secret\nC=2", 'line 2 has a quote that is never closed.'],
    ['A="secret"more', 'line 1 goes on behind a value in quotes.'],
    ['A="secret\nB="more"\nC=1', 'line 1 goes on behind a value in quotes.']
  ]
  for (const [text, ...lines] of cases) {
    const file = fileWith(cwd, text)
    t.strictSame(
      readEnvFile(file).faults,
      lines.map(line => `${file}: ${line}`),
      text
    )
  }
})

t.test('what is no file of settings is told', async t => {
  const cwd = t.testdir({ folder: {} })
  const dangling = join(cwd, 'dangling')
  symlinkSync(join(cwd, 'nowhere'), dangling)
  const cases = [
    [join(cwd, 'folder'), 'it is not a file. Move it away, or put lines NAME=VALUE there.'],
    [dangling, 'it cannot be read: no such file or directory (ENOENT).'],
    [fileWith(cwd, Buffer.from('\uFEFFPORT=1', 'utf16le')), 'it is not UTF-8 text. Save it as UTF-8.']
  ] as const
  for (const [file, line] of cases)
    t.strictSame(readEnvFile(file), { variables: {}, faults: [`${file}: ${line}`] })
  for (const content of [Buffer.from('A=\0'), Buffer.from([0x41, 0x3d, 0xe4])])
    t.match(readEnvFile(fileWith(cwd, content)).faults, [/it is not UTF-8 text/])
  t.match(readEnvFile(fileWith(cwd, 'A=1\n'.repeat(300_000))).faults, [
    /\.env: it has 1200000 bytes; a file of settings may have 1048576\.$/
  ])
})

t.test('a pipe is read, as keepers of secrets offer one', { skip: process.platform === 'win32' }, async t => {
  const pipe = join(t.testdir(), '.env')
  execFileSync('sh', ['-c', 'mkfifo "$1" && (printf "PORT=1" > "$1" &)', 'sh', pipe], { stdio: 'ignore' })
  t.strictSame(readEnvFile(pipe), { variables: { PORT: '1' }, faults: [] })
  t.strictSame(
    readEnvFile(pipe, 50).faults,
    [`${pipe}: nobody has written to this pipe. Move it away, or start its writer.`],
    'and nobody waits for ever'
  )
})

t.test('the start says all that is wrong, with a line each, and leaves nothing behind', async t => {
  const cwd = t.testdir({
    '.env': '\uFEFFPORT=0x10\nACCES_TOKEN_TTL=5\nRATE_LIMIT off\nDOCS=yes\nOTHERS=fine\nHOSTNAME=x\n'
  })
  t.strictSame(await runServe(cwd, { PORT: '' }, true), {
    code: 78,
    said:
      '.env: line 3 is not NAME=VALUE.\n' +
      '.env: ACCES_TOKEN_TTL is no setting; did you mean ACCESS_TOKEN_TTL?\n' +
      'DOCS: "yes" is not accepted. Give on or off.\n'
  })
  const folder = t.testdir()
  mkdirSync(join(folder, '.env'))
  t.strictSame(await runServe(folder, {}), {
    code: 78,
    said: '.env: it is not a file. Move it away, or put lines NAME=VALUE there.\n'
  })
})
