import { Type } from '@sinclair/typebox'
import { InstantText, StringEnum, type Value } from '../../http/schemas/types.ts'
import { createLabelSchema } from '../label.ts'
import { DEFAULT_TOKEN_TTL, MAX_TOKEN_NAME, MAX_TOKEN_TTL } from './limits.ts'
import { scopes } from './scopes.ts'

const DAY = 86_400

/** A new token: what the user decides about it. */
export const NewPersonalAccessToken = Type.Object(
  {
    name: createLabelSchema(MAX_TOKEN_NAME),
    scopes: Type.Array(StringEnum(scopes, { description: `one of ${scopes.join(' and ')}` }), {
      minItems: 1,
      uniqueItems: true,
      description: `at least one of ${scopes.join(' and ')}, each once`
    }),
    expiresAt: Type.Optional({
      ...InstantText,
      description: `an instant such as 2026-12-24T09:00:00.000Z, in the future and within ${MAX_TOKEN_TTL / DAY} days`
    }),
    expiresIn: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_TOKEN_TTL,
        default: DEFAULT_TOKEN_TTL,
        description: `a whole number of seconds from 1 to ${MAX_TOKEN_TTL}, which are ${MAX_TOKEN_TTL / DAY} days`
      })
    )
  },
  {
    additionalProperties: false,
    examples: [{ name: 'backup script', scopes: ['todos:read'], expiresIn: 90 * DAY }]
  }
)
export type NewPersonalAccessToken = Value<typeof NewPersonalAccessToken>
