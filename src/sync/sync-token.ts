import { hash } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import { CursorId, createCursorCodec } from '../http/cursor.ts'
import { validationFailed } from '../problems/problem.ts'
import { AFTER_ALL_IDS, type ChangePosition } from './change-source.ts'

/** How far somebody has followed the changes of a user. */
export interface SyncPosition extends ChangePosition {
  /** The number up to which nothing that was deleted matters: the copy was begun when the sequence had come that far. */
  readonly start: number
}

const ChangeNumber = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const TokenContent = Type.Tuple([
  Type.String(),
  ChangeNumber,
  ChangeNumber,
  Type.Union([CursorId, Type.Literal(AFTER_ALL_IDS), Type.Literal('')])
])
const tokens = createCursorCodec(TokenContent)

/** Writes a token, which is opaque to clients. It carries no authority: every statement names the user. */
export const toSyncToken = (userId: string, { start, number, id }: SyncPosition): string =>
  tokens.encode([digest(userId, start, number, id), start, number, id])

/**
 * Reads a token.
 * @throws {Problem} `validation_failed` when the service did not write it for this user
 */
export function parseSyncToken(userId: string, token: string): SyncPosition {
  const content = tokens.decode(token)
  if (!content) throw invalidToken()
  const [checksum, start, number, id] = content
  const position = { start, number, id }
  if (checksum !== digest(userId, start, number, id) || toSyncToken(userId, position) !== token)
    throw invalidToken()
  return position
}

/** Tells tokens that were altered, or are another user's, by mistake. */
const digest = (...content: readonly (string | number)[]) =>
  hash('sha256', JSON.stringify(content), 'base64url').slice(0, 8)

const invalidToken = () =>
  validationFailed({
    parameter: 'since',
    detail: 'is no token of this account; give the next of the page before, or none to begin anew'
  })
