import { execFile, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { PROGRAM, start, stop, withoutCoverage } from '../support/process.ts'
import { type Page, pages, ROOT, readBlocks } from './pages.ts'

const ADDRESS = 'http://127.0.0.1:3000'
/** Commands start in half the time with it. */
const NODE_COMPILE_CACHE = join(ROOT, '.tap/compile-cache')
/** Stands between the outputs of two blocks. */
const SEPARATOR = '\x1e'

/** By which options each shell takes pasted lines. An interactive zsh, as on macOS, takes no comments. */
const shells: Record<string, readonly string[]> = {
  bash: ['--norc', '-s'],
  zsh: ['-f', '-i', '-s'],
  dash: ['-s']
}

const pagesWithCommands = pages.filter(page => readCommands(page).length > 0)

function readCommands(page: Page): string[] {
  return readBlocks(page)
    .filter(({ language }) => language === 'sh')
    .map(({ text }) => text)
}

/**
 * Programs in the place of those that would install, serve or change the machine. They fail where a command, a script or a
 * file does not exist.
 * @param latchkey what `npx latchkey` runs
 */
const createStubs = (latchkey: string) => ({
  npm: `case $1 in
    ci | test | start | install) ;;
    pack) touch latchkey-0.1.0.tgz ;;
    run) grep -q "^    \\"$2\\":" '${ROOT}/package.json' ;;
    *) exit 64 ;;
  esac`,
  npx: `case "$*" in
    'biome check --write') ;;
    'latchkey serve') ;;
    'latchkey copy '*) exec ${latchkey} copy --help ;;
    'latchkey '*) shift; exec ${latchkey} "$@" ;;
    *) exit 64 ;;
  esac`,
  sudo: `for argument; do case $argument in deploy/*) test -e "${ROOT}/$argument" || exit 1 ;; esac; done`,
  docker: ''
})

function writeStubs(folder: string, latchkey: string): string {
  mkdirSync(folder)
  for (const [name, script] of Object.entries(createStubs(latchkey))) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(folder, name), 0o755)
  }
  return folder
}

/** Runs blocks in one shell, twice. @returns what each of them printed, the first time and the second */
const pasteTwice = (shell: string, blocks: readonly string[], cwd: string, stubFolder: string) =>
  new Promise<string[][]>((resolve, reject) => {
    const lines = [...blocks, ...blocks].flatMap(block => [block, `printf '\\036'\n`])
    const env = { PATH: `${stubFolder}:${process.env.PATH}`, HOME: cwd, PORT: '0', NODE_COMPILE_CACHE }
    const [file, args] = withoutCoverage(shell, ...(shells[shell] ?? []))
    const child = execFile(file, args, { cwd, env }, (error, stdout, stderr) => {
      if (error) return reject(new Error(`${stderr}${error.message}`))
      const outputs = stdout.split(SEPARATOR).slice(0, -1)
      resolve([outputs.slice(0, blocks.length), outputs.slice(blocks.length)])
    })
    child.stdin?.end(['set -e\n', ...lines].join(''))
  })

for (const shell of Object.keys(shells)) {
  const isInstalled = spawnSync(shell, ['-c', 'exit']).status === 0
  // Where nobody looks at what was skipped, nothing is.
  const skip = !isInstalled && !process.env.CI && `${shell} is not installed`
  t.test(`what the documentation shows works in ${shell}, pasted in order and twice`, { skip }, async t => {
    t.ok(isInstalled, `${shell} is installed`)
    const cwd = t.testdir()
    // What the program does does not depend on the shell.
    const latchkey = shell === 'bash' ? `'${process.execPath}' '${PROGRAM}'` : 'echo ada@example.org'
    const stubFolder = writeStubs(join(cwd, 'stubs'), latchkey)
    const { child, url } = await start(t, cwd)
    for (const page of pagesWithCommands) {
      const blocks = readCommands(page).map(block => block.replaceAll(ADDRESS, url))
      const rounds = await pasteTwice(shell, blocks, cwd, stubFolder)
      for (const [index, outputs] of rounds.entries()) await checks[page.path]?.(t, outputs, index === 1)
    }
    await stop(child, 'SIGTERM')
  })
}

const parse = (output = '') =>
  output
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

/** What the blocks of a page must have printed, the first time and when they are repeated. */
const checks: Record<string, (t: Test, outputs: string[], isRepeated: boolean) => void> = {
  'README.md'(t, outputs, isRepeated) {
    const [install, test, definitions, account, todo, mistake, refresh = '', out] = outputs
    t.strictSame([install, test, definitions], ['', '', ''])
    t.match(parse(account), [isRepeated ? { code: 'already_taken' } : { user: { username: 'ada' } }])
    t.match(parse(todo), [
      { title: 'Buy milk', done: true },
      { items: Array, nextCursor: null }
    ])
    const [{ errors }] = parse(mistake)
    t.strictSame(errors.map(({ pointer }: { pointer: string }) => pointer).sort(), [
      '/done',
      '/titel',
      '/title'
    ])
    t.match(refresh.toLowerCase(), /^http\/1.1 409 conflict\r?\nretry-after: \d+\r?\n$/)
    t.match(
      parse(out),
      [{ code: 'access_token_revoked', action: 'sign-in' }],
      'the tour signs out at its end'
    )
  },

  'docs/personal-access-tokens.md'(t, [, made, todos]) {
    t.match(parse(made), [{ name: 'nightly backup', scopes: ['todos:read'], token: /^lkp_/ }])
    t.match(parse(todos), [{ items: [], nextCursor: null }])
  },

  'docs/tutorial.md'(t, outputs, isRepeated) {
    const steps = outputs.slice(2)
    t.match(parse(outputs[0]), [{ code: 'already_taken' }])
    t.equal(outputs[1], '')
    const [made] = parse(steps[0])
    t.match(made, { title: 'Buy milk', due: { date: '2026-12-24' }, tags: ['shopping'] })
    const [patched] = parse(steps[1])
    t.match(patched, { id: made.id, description: 'Oat, not cow', priority: 'none', due: made.due })
    t.match(parse(steps[2]), [{ status: 412, code: 'precondition_failed', current: patched }])
    const [created, replayed] = parse(steps[3])
    t.match(created, { title: 'Call Zoë' })
    t.strictSame(replayed, created)
    const [words, tags] = parse(steps[4])
    t.equal(words.items[0].title, 'Call Zoë')
    t.ok(
      tags.items.some(({ id }: { id: string }) => id === made.id),
      'the search finds it'
    )
    t.match(parse(steps[5]), [{ items: { length: 1 }, nextCursor: String, total: Number }])
    t.match(parse(steps[6]), [{ id: made.id, updatedAt: patched.updatedAt }])
    const [listed, listPage, list] = parse(steps[7])
    t.match(listed, { id: made.id, listId: list.id })
    t.match(listPage, { items: [{ id: made.id }], nextCursor: null })
    t.match(list, { name: 'Holidays', color: '#2a9d8f', openCount: 1 })
    const [child, children, parent] = parse(steps[8])
    t.match(child, { parentId: made.id, listId: list.id })
    t.match(children, { items: [child] })
    t.match(parent, { id: made.id, childCount: 1, openChildCount: 1 })
    const [completed, completions] = parse(steps[9])
    t.match(completed, { done: false, due: { dateTime: '2026-12-28T09:00:00', timeZone: 'Europe/Berlin' } })
    t.match(completions, { items: [completed.completed], nextCursor: null })
    t.match(parse(steps[10]), [{ results: [{ todos: [{ id: made.id, done: true }] }] }])
    const [trial, cleared] = parse(steps[11])
    // With the two that the tour has completed; later with the one that was restored.
    const count = isRepeated ? 2 : 3
    t.strictSame(trial, { results: [{ count }], validateOnly: true })
    t.strictSame(cleared, { results: [{ count }], validateOnly: false })
    const [trash, restored] = parse(steps[12])
    t.match(trash, { items: Array })
    t.match(restored, { id: made.id, done: true, deletedAt: null })
    const calendar = steps[13]?.indexOf('BEGIN:VCALENDAR') ?? 0
    t.match(parse(steps[13]?.slice(0, calendar)), [{ created: 0, existing: isRepeated ? Number : 6 }])
    t.match(steps[13]?.slice(calendar), /SUMMARY:Buy milk/)
    const [todo, page] = parse(steps[14])
    const change = { type: 'todo', id: made.id, deleted: false, todo }
    t.match(page, { changes: [change], next: String, more: false })
    t.match(parse(steps[15]), [{ titleLength: 500 }])
    t.equal(steps[16], '')
    t.match(parse(steps[17]), [{ username: 'ada', emailVerified: true }])
    t.match(parse(steps[18]), [
      {},
      { code: 'access_token_revoked' },
      { username: 'ada', emailVerified: true }
    ])
    t.match(steps[19], /^ada@lovelace\.example\n\{.*"email":"ada@example\.org"/, 'changed, and put back')
  },

  'docs/sign-in.md'(t, [answer, , secondFactor]) {
    t.match(parse(answer), [{ methods: ['password'], level: 'aal1', freshUntil: String }])
    t.match(parse(secondFactor), [
      { id: String, recoveryCodes: { length: 10 } },
      { accessToken: String, user: { username: 'joan' } }
    ])
  },

  'docs/command-line.md'(t, outputs) {
    t.match(outputs[0], /ada@example\.org/)
  }
}

t.test('all commands are in blocks that are run here, and none has a comment', async t => {
  const languages = pages.flatMap(readBlocks).map(({ language }) => language)
  t.strictSame([...new Set(languages)].sort(), [
    'haproxy',
    'html',
    'mermaid',
    'nginx',
    'sh',
    'sql',
    'text',
    'ts'
  ])
  const lines = pages.flatMap(readCommands).flatMap(block => block.split('\n'))
  t.strictSame(
    lines.filter(line => /(^|\s)#/.test(line)),
    []
  )
})
