import { Type } from '@sinclair/typebox'
import { Id } from '../../http/schemas/id.ts'
import { Nullable, type Value } from '../../http/schemas/types.ts'
import { contentFields } from '../content/content.ts'
import { DueField } from '../content/due.ts'
import { placementFields } from '../content/placement.ts'
import { serverFields } from '../content/server-fields.ts'
import { POSITION_PATTERN } from '../order/position.ts'

const Instant = Type.String({
  format: 'instant',
  description: 'an instant since 1970 in UTC such as 2026-03-29T09:00:00.000Z'
})
const NullableInstant = Nullable(Instant, { description: `${Instant.description}, or null` })

/** A line of an import: a todo as it is exported, or parts of one. */
export const ImportLine = Type.Object(
  {
    id: Type.Optional(Id),
    ...contentFields,
    ...placementFields,
    childCount: serverFields.childCount,
    openChildCount: serverFields.openChildCount,
    position: Type.Optional(
      Type.String({ pattern: POSITION_PATTERN, description: 'the position of a todo that was exported' })
    ),
    createdAt: Type.Optional(Instant),
    updatedAt: Type.Optional(Instant),
    completedAt: Type.Optional(NullableInstant),
    deletedAt: Type.Optional(NullableInstant),
    etag: Type.Optional(Type.String())
  },
  { additionalProperties: false }
)

/** The same of a calendar, in which the present occurrence may have been moved: the first date of its series. */
export const CalendarImportLine = Type.Object(
  { ...ImportLine.properties, seriesStart: Type.Optional(DueField) },
  { additionalProperties: false }
)
export type ImportLine = Value<typeof CalendarImportLine>
