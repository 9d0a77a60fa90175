#!/usr/bin/env node
import { existsSync } from 'node:fs'

/** The first versions of Node that strip types without being asked to, as `engines` in package.json says. */
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`Latchkey needs Node 22.18 or later; this is ${process.version}.\n`)
  process.exit(69)
}

// The package carries the sources compiled, for Node strips no types under node_modules. In the repository they run as
// they are.
const compiled = new URL('../dist/src/cli/main.js', import.meta.url)
await import(existsSync(compiled) ? compiled.href : '../src/cli/main.ts')
