import { hash } from 'node:crypto'
import { Problem } from '../problems/problem.ts'

/** A resource whose state has an entity tag. */
interface Tagged {
  readonly etag: string
}

/**
 * Checks the current state of a resource before a change, in the transaction of the change.
 * @throws {Problem} when the change must not take place
 */
export type Precondition = (resource: Tagged) => void

const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g

/**
 * Creates the check of conditional request headers (RFC 9110, section 13.2.2; RFC 6585, section 3).
 * @param ifMatch the header `If-Match`
 * @param ifNoneMatch the header `If-None-Match`
 * @param isRequired whether a change without `If-Match` is refused
 * @returns a check that throws `precondition_failed`, with the current state, or `precondition_required`
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

/** Makes a strong entity tag, which is a hash of the text. */
export const toEntityTag = (text: string): string => `"${hash('sha1', text, 'base64url')}"`

/** Whether `If-Match` has the tag, or is `*`. Weak tags never match (RFC 9110, section 13.1.1). */
const matchesStrongly = (etag: string, header: string): boolean =>
  header.trim() === '*' || parseEntityTags(header).includes(etag)

/** Whether `If-None-Match` has the tag, strong or weak, or is `*` (RFC 9110, section 13.1.2). */
export const matchesWeakly = (etag: string, header: string): boolean =>
  header.trim() === '*' || parseEntityTags(header).some(tag => tag.replace(/^W\//, '') === etag)

const parseEntityTags = (header: string): string[] => header.match(ENTITY_TAG) ?? []
