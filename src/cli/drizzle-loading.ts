import { registerHooks } from 'node:module'

const DRIZZLE = '/node_modules/drizzle-orm/'

/*
 * To tell a script from a module, Node parses the `exports` of a package anew for each of its files; those of Drizzle are
 * 170 KB. That its files are modules is known here, which halves the time of a start and spares it 150 MB of memory.
 */
registerHooks({
  resolve(specifier, context, next) {
    const { parentURL } = context
    if (!specifier.startsWith('.') || !parentURL?.includes(DRIZZLE)) return next(specifier, context)
    return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true }
  }
})
