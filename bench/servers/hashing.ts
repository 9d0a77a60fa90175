import { createServer } from 'node:http'
import { createPasswordHasher } from '../../src/auth/passwords/password-hasher.ts'
import { readConfig } from '../../src/config/config.ts'

/* Checks a password for each POST, as Latchkey does, and nothing else: what sign-ins are parts of. Others cost nothing. */

const passwords = await createPasswordHasher(readConfig({}))
const hashed = await passwords.hash('correct horse battery staple')

const server = createServer(async ({ method }, response) => {
  if (method === 'POST') await passwords.verify('correct horse battery staple', hashed)
  response.end()
})
server.listen(Number(process.env.PORT), '127.0.0.1')
