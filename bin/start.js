import { existsSync } from 'node:fs'

// The package carries the sources compiled, for Node strips no types under node_modules. In the repository they run as
// they are.
const compiled = new URL('../dist/src/cli/main.js', import.meta.url)
await import(existsSync(compiled) ? compiled.href : '../src/cli/main.ts')
