import t from 'tap'
import { createPasswordHasher } from '../../src/auth/passwords/password-hasher.ts'
import { readConfig } from '../../src/config/config.ts'

const config = readConfig({})
const PASSWORDS = ['', 'correct horse battery staple', 'pässwörd 🔑', '\0null\0', '\ud800', 'x'.repeat(128)]

t.test('[HASH] each library verifies the hashes of the other', async t => {
  const faster = await createPasswordHasher(config)
  const fallback = await createPasswordHasher(config, 1, () =>
    Promise.reject(new Error('no binary for this platform'))
  )
  // They write the parameters in an order of their own, which tells that these are two.
  t.match(await faster.hash(''), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  t.match(await fallback.hash(''), /^\$argon2id\$v=19\$m=19456,p=1,t=2\$/)

  for (const [maker, other] of [
    [faster, fallback],
    [fallback, faster]
  ] as const) {
    for (const password of PASSWORDS) {
      const hashed = await maker.hash(password)
      t.equal(await other.verify(password, hashed), 'right')
      t.equal(await other.verify(`${password}x`, hashed), 'wrong')
      t.equal(await other.verify(password, undefined), 'wrong')
    }
  }
})
