import t from 'tap'
import { serve } from '../support/service.ts'
import { isHalfOf, median, timeOf } from '../support/timing.ts'

const ROUNDS = 20

t.test('[V6.3.8] sign-in takes as long for an unknown e-mail as for a known one', async t => {
  const { call, signUp } = await serve(t, { PASSWORD_HASH_TIME: '2' })
  // Each e-mail is tried once, so that nothing that counts failures comes between.
  const rounds = Array.from({ length: ROUNDS }, (_, index) => index)
  await Promise.all(rounds.map(index => signUp({ email: `known${index}@example.org` })))
  const signIn = (email: string) => call('POST', '/api/auth/login', { body: { email, password: 'wrong' } })

  const known: number[] = []
  const unknown: number[] = []
  for (const index of rounds) {
    const pair = [
      { times: known, work: () => signIn(`known${index}@example.org`) },
      { times: unknown, work: () => signIn(`unknown${index}@example.org`) }
    ]
    // In turn the one first and the other, so that a machine that gets slower favours neither.
    for (const { times, work } of index % 2 ? pair : pair.toReversed()) times.push(await timeOf(work))
  }

  const found = { known: median(known), unknown: median(unknown) }
  t.notOk(isHalfOf(unknown, known), 'unknown is no faster', { found })
  t.notOk(isHalfOf(known, unknown), 'known is no faster', { found })
})

t.test('the comparison detects a missing hash, even when a delay hides it', async t => {
  const times = Array.from({ length: ROUNDS }, (_, index) => 30 + index)
  t.equal(isHalfOf([100, ...Array(ROUNDS - 1).fill(1)], times), true)
  const shorter = times.map(time => time * 0.8)
  t.equal(isHalfOf(shorter, times), false)
  t.equal(isHalfOf(times, times), false)
})
