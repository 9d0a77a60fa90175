import { eq } from 'drizzle-orm'
import { type AuthenticationMethod, toAssuranceLevel } from '../../src/auth/sessions/authentication.ts'
import { authTables } from '../../src/auth/tables.ts'
import type { Pair, Service } from '../support/service.ts'

/** The id of the session that an access token belongs to. */
export const sessionOf = ({ accessToken }: Pick<Pair, 'accessToken'>): string =>
  JSON.parse(`${Buffer.from(`${accessToken.split('.')[1]}`, 'base64url')}`).sid

/** Gives an account a second factor, or takes it off, as far as sessions see it. */
export async function setSecondFactor({ app }: Pick<Service, 'app'>, pair: Pair, hasSecondFactor = true) {
  const { users } = authTables(app.store.kit)
  await app.store.db.update(users).set({ hasSecondFactor }).where(eq(users.id, pair.user.id))
}

/** Lets a session have begun with some methods, at its last authentication. */
export async function setMethods(
  { app }: Pick<Service, 'app'>,
  pair: Pair,
  ...authenticationMethods: AuthenticationMethod[]
) {
  const { sessions } = authTables(app.store.kit)
  const assuranceLevel = toAssuranceLevel(authenticationMethods)
  await app.store.db
    .update(sessions)
    .set({ authenticationMethods, assuranceLevel })
    .where(eq(sessions.id, sessionOf(pair)))
}

/** Takes the password of an account off. */
export async function removePassword({ app }: Pick<Service, 'app'>, pair: Pair) {
  const { users } = authTables(app.store.kit)
  await app.store.db.update(users).set({ passwordHash: '' }).where(eq(users.id, pair.user.id))
}

/** The challenge of a refusal that asks for a recent authentication. */
export const challengeOf = (level: 'aal1' | 'aal2', seconds = 600) =>
  'Bearer error="insufficient_user_authentication", error_description="A recent authentication is required", ' +
  `acr_values="${level}", max_age="${seconds}"`
