import type {
  LoginWithPasskeyBody,
  PasskeyCreationOptions,
  PasskeyRequestOptions,
  RegisterBody
} from '../types.ts'

/** A passkey that was made, and one that was used, as `PublicKeyCredential.toJSON()` gives them. */
export type NewPasskey = NonNullable<RegisterBody['passkey']>
export type PasskeyProof = LoginWithPasskeyBody['passkey']

export interface PasskeyRequest {
  /** `conditional` offers passkeys in the autofill of a field with `autocomplete="username webauthn"`, and waits. */
  readonly mediation?: 'conditional' | 'optional' | 'required' | 'silent'
  /** Ends the wait. */
  readonly signal?: AbortSignal
}

/** Asks the user for a passkey. Both reject, with an error of the browser, when the user refuses. */
export interface Authenticators {
  create(options: PasskeyCreationOptions): Promise<NewPasskey>
  get(options: PasskeyRequestOptions, request: PasskeyRequest): Promise<PasskeyProof>
}

/** The part of WebAuthn that is used: the browser itself converts what the service sends and takes. */
interface WebAuthn {
  readonly PublicKeyCredential?: {
    readonly parseCreationOptionsFromJSON?: (options: PasskeyCreationOptions) => object
    readonly parseRequestOptionsFromJSON?: (options: PasskeyRequestOptions) => object
  }
  readonly navigator?: {
    readonly credentials?: {
      create(options: object): Promise<{ toJSON(): NewPasskey }>
      get(options: object): Promise<{ toJSON(): PasskeyProof }>
    }
  }
}

const page = () => globalThis as unknown as WebAuthn

const NOT_SUPPORTED =
  'This browser has no passkeys, or is too old for them, or the page is not served by HTTPS.'

/** Whether the browser has passkeys. Offer them only then. */
export function supportsPasskeys(): boolean {
  const { PublicKeyCredential, navigator } = page()
  return Boolean(PublicKeyCredential?.parseRequestOptionsFromJSON && navigator?.credentials)
}

/** The authenticators that the browser knows. */
export const browserAuthenticators: Authenticators = {
  async create(options) {
    const { PublicKeyCredential, navigator } = page()
    const publicKey = PublicKeyCredential?.parseCreationOptionsFromJSON?.(options)
    const credential = publicKey && (await navigator?.credentials?.create({ publicKey }))
    if (!credential) throw new Error(NOT_SUPPORTED)
    return credential.toJSON()
  },
  async get(options, request) {
    const { PublicKeyCredential, navigator } = page()
    const publicKey = PublicKeyCredential?.parseRequestOptionsFromJSON?.(options)
    const credential = publicKey && (await navigator?.credentials?.get({ publicKey, ...request }))
    if (!credential) throw new Error(NOT_SUPPORTED)
    return credential.toJSON()
  }
}
