import fc from 'fast-check'
import t from 'tap'
import { type Authenticator, createAuthenticator } from '../support/authenticator.ts'
import { serve } from '../support/service.ts'
import { OPTIONS, PASSKEYS, SIGN_IN, SIGN_IN_OPTIONS } from './with-passkey.ts'

/** More of them for who has the time. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 20) * 5

/** Ways to spoil bytes: another bit, an end that is cut off or added to, another beginning. */
const spoil = fc.oneof(
  fc.tuple(fc.nat(), fc.nat({ max: 7 })).map(([at, bit]) => (bytes: Buffer) => {
    const copy = Buffer.from(bytes)
    copy[at % copy.length] = Number(copy[at % copy.length]) ^ (1 << bit)
    return copy
  }),
  fc.nat().map(at => (bytes: Buffer) => bytes.subarray(0, 1 + (at % bytes.length))),
  fc
    .uint8Array({ minLength: 1, maxLength: 300 })
    .map(more => (bytes: Buffer) => Buffer.concat([bytes, more])),
  fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat()).map(([part, at]) => (bytes: Buffer) => {
    const start = at % bytes.length
    return Buffer.concat([bytes.subarray(0, start), part, bytes.subarray(start + part.length)])
  }),
  // Deep and long CBOR.
  fc.constantFrom(0x81, 0xa1, 0xc0, 0x9b, 0xbb, 0x5b).map(head => () => Buffer.alloc(12_000, head))
)

t.test('[WEBAUTHN-7] no spoiled answer is taken, and none ends in a 5xx', async t => {
  const { call, signUp } = await serve(t, { LOG_LEVEL: 'error' })
  const { accessToken: token } = await signUp()
  const authenticator: Authenticator = createAuthenticator()
  const { body: creation } = await call('POST', OPTIONS, { token })
  const made = authenticator.create(creation)
  const { body: request } = await call('POST', SIGN_IN_OPTIONS)
  const toBytes = (text: string) => Buffer.from(text, 'base64url')

  async function refuse(
    path: string,
    passkey: { response: object },
    member: string,
    change: (bytes: Buffer) => Buffer
  ) {
    const response: Record<string, unknown> = { ...passkey.response }
    const before = toBytes(String(response[member]))
    const after = change(before)
    if (after.equals(before)) return
    const body = { passkey: { ...passkey, response: { ...response, [member]: after.toString('base64url') } } }
    const { status, body: answer } = await call('POST', path, { token, body })
    t.ok([400, 401, 403].includes(status), `${path} ${member} ${status} ${answer.code}`)
  }

  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('clientDataJSON', 'authenticatorData', 'signature', 'userHandle'),
      spoil,
      (member, change) => refuse(SIGN_IN, authenticator.get(request), member, change)
    ),
    { numRuns: RUNS }
  )
  // With attestation "none" a spoiled key may be a key as well, and a spoiled count or model may be one.
  const cut = fc.nat().map(at => (bytes: Buffer) => bytes.subarray(0, 1 + (at % bytes.length)))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('clientDataJSON', 'attestationObject'), cut, (member, change) =>
      refuse(PASSKEYS, made, member, change)
    ),
    { numRuns: RUNS }
  )
  await fc.assert(
    fc.asyncProperty(spoil, async change => {
      const attestationObject = change(toBytes(made.response.attestationObject)).toString('base64url')
      const passkey = {
        ...made,
        id: 'AAAA',
        rawId: 'AAAA',
        response: { ...made.response, attestationObject }
      }
      const { status } = await call('POST', PASSKEYS, { token, body: { passkey } })
      t.ok([400, 403].includes(status), `${status}`)
    }),
    { numRuns: RUNS }
  )
})
