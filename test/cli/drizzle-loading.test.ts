import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'

const PROGRAM_FILE = join(import.meta.dirname, '../../src/cli/main.ts')
const HOOKS = join(import.meta.dirname, '../../src/cli/drizzle-loading.ts')
const PROGRAM = `
  const { drizzle } = await import('drizzle-orm/better-sqlite3')
  const { eq } = await import('drizzle-orm')
  console.log(typeof drizzle, typeof eq, process.memoryUsage().rss / 1e6)
`
const ENVIRONMENT = { PATH: process.env.PATH, NODE_V8_COVERAGE: process.env.NODE_V8_COVERAGE }

async function load(...options: string[]) {
  const args = [...options, '--input-type=module', '--eval', PROGRAM]
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: import.meta.dirname,
    env: ENVIRONMENT
  })
  const [drizzle, eq, megabytes] = stdout.trim().split(' ')
  t.strictSame([drizzle, eq], ['function', 'function'])
  return Number(megabytes)
}

t.test('Drizzle is loaded without its unneeded files', async t => {
  const [usual, ours] = [await load(), await load(`--import=${HOOKS}`)]
  t.ok(ours < usual - 50, `${Math.round(ours)} MB rather than ${Math.round(usual)}`)
})

t.test('the program loads Drizzle that way, whatever imports it first', async t => {
  const counting = `
    import { registerHooks } from 'node:module'
    let missed = 0
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier.startsWith('.') && context.parentURL?.includes('/drizzle-orm/')) missed += 1
        return next(specifier, context)
      }
    })
    process.on('exit', () => console.error(missed, 'files were loaded in the usual way'))
  `
  const args = [`--import=data:text/javascript,${encodeURIComponent(counting)}`, PROGRAM_FILE, '--version']
  const { stderr } = await promisify(execFile)(process.execPath, args, { env: ENVIRONMENT })
  t.equal(stderr, '0 files were loaded in the usual way\n')
})
