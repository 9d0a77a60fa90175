import type { SealedFor, Sealing } from '../sealing/sealing.ts'
import type { TotpFactorRow } from './tables.ts'

type FactorOwner = Pick<TotpFactorRow, 'id' | 'userId'>

/** What the seed of a factor is bound to. */
export const toSealedFor = ({ id, userId }: FactorOwner): SealedFor => ({ purpose: 'totp', userId, id })

/** @throws {Problem} `sealing_not_configured` */
export const sealSeed = (sealing: Sealing, seed: Buffer, factor: FactorOwner): string =>
  sealing.seal(seed, toSealedFor(factor))
