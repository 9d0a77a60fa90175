/** How somebody has shown who he is. */
export const authenticationMethods = ['password', 'totp', 'recovery_code', 'passkey'] as const
export type AuthenticationMethod = (typeof authenticationMethods)[number]

/** The level of assurance (NIST SP 800-63B-4, section 2): 1 for one factor, 2 for two or for one that is two. */
export type AssuranceLevel = 1 | 2

/** The values of the claim `amr` (RFC 8176, section 2). A passkey shows possession, and that its user was verified. */
const amrValues: Readonly<Record<AuthenticationMethod, readonly string[]>> = {
  password: ['pwd'],
  totp: ['otp'],
  recovery_code: ['otp'],
  passkey: ['pop', 'user']
}

/**
 * The level that methods reach together. A passkey verifies its user, so that it is enough alone; everything else is one factor,
 * and two codes are no more than one.
 */
export const toAssuranceLevel = (methods: readonly AuthenticationMethod[]): AssuranceLevel =>
  methods.includes('passkey') || (methods.includes('password') && methods.length > 1) ? 2 : 1

/** The level that an account asks for: that of its strongest way of signing in. */
export const getRequiredLevel = ({ hasSecondFactor }: { hasSecondFactor: boolean }): AssuranceLevel =>
  hasSecondFactor ? 2 : 1

/**
 * The methods of a session after one more. A code is a second factor, and is added to the methods so far. A password and a
 * passkey sign in alone, and take their place.
 */
export const addMethod = (
  methods: readonly AuthenticationMethod[],
  method: AuthenticationMethod
): AuthenticationMethod[] =>
  method === 'password' || method === 'passkey' ? [method] : [...new Set([...methods, method])]

/** The values of the claim `acr` (RFC 9068, section 2.2.1): the levels by the names that NIST has for them. */
export const acrValues = ['aal1', 'aal2'] as const
export type Acr = (typeof acrValues)[number]

/** The claim `acr` of a level. */
export const toAcr = (level: number): Acr => (level > 1 ? 'aal2' : 'aal1')

/** The claim `amr` of methods, each value once; `mfa` when they are several factors. */
export const toAmr = (methods: readonly AuthenticationMethod[]): string[] => [
  ...new Set([
    ...methods.flatMap(method => amrValues[method]),
    ...(toAssuranceLevel(methods) === 2 ? ['mfa'] : [])
  ])
]
