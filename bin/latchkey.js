#!/usr/bin/env node

/*
 * The first versions of Node that strip types without being asked to, as `engines` in package.json says. What older ones
 * cannot read must not stand in this file: no import at its top, no await.
 */
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Latchkey needs Node 22.18 or later; this is ${process.version}. https://nodejs.org has it.\n`
  )
  process.exit(78)
} else {
  import('./start.js')
}
