import { registerHooks } from 'node:module'

const DRIZZLE = '/node_modules/drizzle-orm/'

/*
 * To tell a script from a module, Node parses the package.json of a package for each file; Drizzle's has 170 KB. This hook
 * says that Drizzle's files are modules. The start takes half the time and 150 MB less memory.
 */
registerHooks({
  resolve(specifier, context, next) {
    const { parentURL } = context
    if (!specifier.startsWith('.') || !parentURL?.includes(DRIZZLE)) return next(specifier, context)
    return { url: new URL(specifier, parentURL).href, format: 'module', shortCircuit: true }
  }
})
