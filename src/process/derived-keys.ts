import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'

/** The secret part of a key, from which other keys are derived. */
export type KeyMaterial = string | Buffer

/** Keys of 256 bits, one for each key of the service. The first makes, all verify. */
export type DerivedKeys = readonly [KeyObject, ...KeyObject[]]

/** Gives the keys of a purpose, so that nothing that is made for one purpose is accepted for another. */
export type DeriveKeys = (purpose: string) => DerivedKeys

/** Derives keys from the keys of the service by HKDF (RFC 5869). */
export function createKeyDerivation(keyMaterials: readonly [KeyMaterial, ...KeyMaterial[]]): DeriveKeys {
  // A key object, since Node would make one from the bytes for each MAC, which takes five times as long as the MAC.
  return purpose =>
    keyMaterials.map(keyMaterial =>
      createSecretKey(Buffer.from(hkdfSync('sha256', keyMaterial, '', `latchkey ${purpose}`, 32)))
    ) as [KeyObject, ...KeyObject[]]
}
