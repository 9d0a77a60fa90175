import type { Config } from '../../../config/config.ts'
import type { PasskeyConfig } from '../../../config/passkeys/settings.ts'
import { mustAffectRow } from '../../../db/bound-statement.ts'
import type { Store } from '../../../db/store.ts'
import { Problem } from '../../../problems/problem.ts'
import type { Tokens } from '../../tokens/token-pairs.ts'
import { passkeyStatements } from '../statements.ts'
import type { PasskeyRow } from '../tables.ts'
import { assertAuthenticatorData, verifyAssertion } from './assertion.ts'
import { verifyAttestation } from './attestation.ts'
import {
  type Ceremony,
  CHALLENGE_TTL_MS,
  createPasskeyChallenges,
  type SignedChallenge
} from './challenges.ts'
import { assertClientData, parseClientData } from './client-data.ts'
import { type NewOwner, toCreationOptions, toRequestOptions } from './options.ts'
import type { AuthenticationResponse, RegistrationResponse } from './responses.ts'
import { parseUserHandle } from './user-handles.ts'

/** What ceremonies need. */
export interface CeremonyServices {
  readonly store: Store
  readonly tokens: Pick<Tokens, 'deriveKeys'>
  readonly config: Pick<Config, 'passkeys' | 'appName'>
}

/** Asks authenticators for passkeys, and verifies what they answer (WebAuthn Level 3). */
export function createCeremonies({ store, tokens, config }: CeremonyServices) {
  const { findWithUser, spendChallenge } = passkeyStatements(store)
  const challenges = createPasskeyChallenges(tokens.deriveKeys('passkey challenge'))

  /** @throws {Problem} `passkeys_not_configured` */
  function getConfig(): PasskeyConfig {
    if (!config.passkeys) throw new Problem('passkeys_not_configured')
    return config.passkeys
  }

  const getRelyingParty = () => ({ rpId: getConfig().rpId, appName: config.appName })

  const issueChallenge = (ceremony: Ceremony, userId = '', id = store.newId()) =>
    challenges.issue(ceremony, userId, id, new Date(store.now().getTime() + CHALLENGE_TTL_MS))

  return {
    getConfig,

    /** @throws {Problem} `passkeys_not_configured` */
    createOptions: (owner: NewOwner, present: readonly PasskeyRow[]) =>
      toCreationOptions(getRelyingParty(), owner, issueChallenge('registration', owner.id), present),

    /**
     * The options for an account that does not exist yet. The challenge tells the id that the account is to get.
     * @throws {Problem} `passkeys_not_configured`
     */
    createSignUpOptions(owner: Omit<NewOwner, 'id'>) {
      const id = store.newId()
      return toCreationOptions(getRelyingParty(), { ...owner, id }, issueChallenge('sign_up', '', id), [])
    },

    /** @throws {Problem} `passkeys_not_configured` */
    createRequestOptions: () => toRequestOptions(getRelyingParty(), issueChallenge('sign_in')),

    /**
     * Verifies a passkey that was made.
     * @param userId the account that gets it; empty for a new one
     * @throws {Problem} `passkeys_not_configured`, or of the group `passkey_…`, by what is wrong
     */
    async verifyRegistration(
      response: RegistrationResponse,
      ceremony: Exclude<Ceremony, 'sign_in'>,
      userId = ''
    ) {
      const passkeyConfig = getConfig()
      const clientData = parseClientData(response.response.clientDataJSON)
      assertClientData(clientData, 'webauthn.create', passkeyConfig)
      const challenge = challenges.verify(clientData.challenge, ceremony, userId, store.now())
      return { challenge, credential: await verifyAttestation(response, clientData, passkeyConfig) }
    },

    /**
     * Verifies a proof, and finds whose it is. Nothing is written: that the challenge was not used before is up to the statement
     * that spends it.
     * @throws {Problem} `passkeys_not_configured`, or of the group `passkey_…`, by what is wrong
     */
    async verifyProof(response: AuthenticationResponse) {
      const passkeyConfig = getConfig()
      const clientData = parseClientData(response.response.clientDataJSON)
      assertClientData(clientData, 'webauthn.get', passkeyConfig)
      const challenge = challenges.verify(clientData.challenge, 'sign_in', '', store.now())
      await assertAuthenticatorData(response, passkeyConfig)
      const userId = parseUserHandle(response.response.userHandle)
      const [row] =
        userId === undefined ? [] : await findWithUser.execute({ userId, credentialId: response.id })
      const state = row && (await verifyAssertion(response, clientData, passkeyConfig, row.passkey))
      if (!row || !state) throw new Problem('passkey_not_recognized')
      return { ...row, challenge, state }
    },

    /** The statement that uses a challenge up. */
    bindSpend: ({ hash, expiresAt }: SignedChallenge) =>
      mustAffectRow(spendChallenge.bind({ id: hash, failures: 0, expiresAt }))
  }
}

export type Ceremonies = ReturnType<typeof createCeremonies>
