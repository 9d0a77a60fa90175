import { type SealedFor, type Sealing, toKeyIdSql } from '../sealing/sealing.ts'
import type { TotpFactorRow } from './tables.ts'

type FactorOwner = Pick<TotpFactorRow, 'id' | 'userId'>

/** What the seed of a factor is bound to. */
export const toSealedFor = ({ id, userId }: FactorOwner): SealedFor => ({ purpose: 'totp', userId, id })

/** @throws {Problem} `sealing_not_configured` */
export const sealSeed = (sealing: Sealing, seed: Buffer, factor: FactorOwner): string =>
  sealing.seal(seed, toSealedFor(factor))

/** How many confirmed authenticator apps a key has sealed. */
export interface SeedsOfKey {
  /** The id of the key. */
  readonly name: string
  readonly count: number
}

/** Counts the seeds of confirmed apps by the keys that have sealed them. Works on both engines, without the service. */
export const SEEDS_BY_KEY = `select ${toKeyIdSql('sealed_seed')} as name, count(*) as count
  from totp_factors where confirmed_at is not null group by 1`

/** How many seeds are sealed by no key of the service, and by one that is not the first. */
export interface SeedKeys {
  readonly lost: number
  readonly old: number
}

/** @param keyIds of the service, that which seals first */
export function findSeedKeys(seeds: readonly SeedsOfKey[], keyIds: readonly string[]): SeedKeys {
  const [current] = keyIds
  const sum = (matches: (keyId: string) => boolean) =>
    seeds.filter(({ name }) => matches(name)).reduce((total, { count }) => total + Number(count), 0)
  return {
    lost: sum(keyId => !keyIds.includes(keyId)),
    old: sum(keyId => keyId !== current && keyIds.includes(keyId))
  }
}

const formatApps = (count: number) =>
  count === 1 ? '1 authenticator app is' : `${count} authenticator apps are`

/** @returns undefined when every seed can be opened */
export const describeLostSeeds = ({ lost }: SeedKeys): string | undefined =>
  lost > 0 ? `${formatApps(lost)} sealed by a key that is not there: add it to SEALING_KEY` : undefined

/** @returns undefined when no key but the first is needed */
export const describeOldSeeds = ({ old }: SeedKeys): string | undefined =>
  old > 0 ? `${formatApps(old)} sealed by an older key, which must stay` : undefined
