import { createHmac, type KeyObject, sign, verify } from 'node:crypto'

export const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
export const decode = (part: string | undefined) =>
  JSON.parse(Buffer.from(part ?? '', 'base64url').toString())

/** The header of a JWT. */
export const decodeJwtHeader = (token: string) => decode(token.split('.')[0])

/** How the algorithms work, in the words of node:crypto (RFC 7518, section 3; RFC 8037, section 3.1). */
const signOptions: Record<string, [hash: string | null, options: object]> = {
  EdDSA: [null, {}],
  ES256: ['sha256', { dsaEncoding: 'ieee-p1363' }],
  RS256: ['sha256', {}],
  RS512: ['sha512', {}],
  PS256: ['sha256', { padding: 6, saltLength: 32 }]
}

/** A JWT signed by the algorithm that is named, whatever its header says. */
export function signJwt(header: object, claims: object, algorithm: string, key: KeyObject | string | Buffer) {
  const input = `${encode(header)}.${encode(claims)}`
  const [hash, options] = signOptions[algorithm] ?? [null, {}]
  const signature =
    algorithm === 'HS256'
      ? createHmac('sha256', key).update(input).digest()
      : sign(hash, Buffer.from(input), { key: key as KeyObject, ...options })
  return `${input}.${signature.toString('base64url')}`
}

/** Whether another service finds the token good, by a public key of ours. */
export function isSignedBy(token: string, key: KeyObject, algorithm: string) {
  const [header, claims, signature = ''] = token.split('.')
  const [hash, options] = signOptions[algorithm] ?? [null, {}]
  const input = Buffer.from(`${header}.${claims}`)
  return verify(hash, input, { key, ...options }, Buffer.from(signature, 'base64url'))
}
