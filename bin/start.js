import { existsSync } from 'node:fs'

// The package carries the sources compiled, for Node strips no types under node_modules. In the repository they run as
// they are.
const program = ['../dist/src/cli/main.js', '../src/cli/main.ts'].find(path =>
  existsSync(new URL(path, import.meta.url))
)
await import(program)
