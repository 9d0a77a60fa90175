/** Loads the library at the first use: most sign-ins need none of it. Later calls get the same modules. */
export async function loadWebAuthn() {
  const [server, helpers] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers')
  ])
  return { ...server, ...helpers }
}

export type WebAuthn = Awaited<ReturnType<typeof loadWebAuthn>>

/** The algorithms of keys (COSE): EdDSA, ES256 and RS256, the preferred first. */
export const ALGORITHMS = [-8, -7, -257]
