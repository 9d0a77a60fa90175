import { hash } from 'node:crypto'
import { Problem } from '../problems/problem.ts'

/** Something that has a state with a name. */
interface Tagged {
  readonly etag: string
}

/**
 * Looks at the present state before a change, in the very step in which the change is decided on.
 * @throws {Problem} when the change must not take place
 */
export type Precondition = (resource: Tagged) => void

const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g

/**
 * What the request headers demand of the present state (RFC 9110, section 13.2.2; RFC 6585, section 3).
 * @param ifMatch the header `If-Match`
 * @param ifNoneMatch the header `If-None-Match`
 * @param isRequired whether a change without `If-Match` is refused
 * @returns a check that throws `precondition_failed`, which shows the present state, or `precondition_required`
 */
export function createPrecondition(
  ifMatch: string | undefined,
  ifNoneMatch: string | undefined,
  isRequired: boolean
): Precondition {
  return resource => {
    if (ifMatch === undefined && isRequired) throw new Problem('precondition_required')
    const passesIfMatch = ifMatch === undefined || matchesStrongly(resource.etag, ifMatch)
    const failsIfNoneMatch = ifNoneMatch !== undefined && matchesWeakly(resource.etag, ifNoneMatch)
    if (passesIfMatch && !failsIfNoneMatch) return
    throw new Problem('precondition_failed', { current: resource, headers: { etag: resource.etag } })
  }
}

/** A strong entity tag made from what it names. */
export const toEntityTag = (text: string): string => `"${hash('sha1', text, 'base64url')}"`

/** Whether `If-Match` names a state, to the byte, or any by `*` (RFC 9110, section 13.1.1). */
const matchesStrongly = (etag: string, header: string): boolean =>
  header.trim() === '*' || parseEntityTags(header).includes(etag)

/** Whether `If-None-Match` names a state, if only by a weak entity tag, or any by `*` (section 13.1.2). */
export const matchesWeakly = (etag: string, header: string): boolean =>
  header.trim() === '*' || parseEntityTags(header).some(tag => tag.replace(/^W\//, '') === etag)

const parseEntityTags = (header: string): string[] => header.match(ENTITY_TAG) ?? []
