import type { ListRow } from '../tables.ts'
import type { ListPatch } from './content.ts'
import { archivesTodos, nextListTime } from './transitions/state.ts'

/** Applies a merge patch: a missing member leaves its field unchanged, null restores the default. */
export function applyListPatch(row: ListRow, patch: ListPatch, now: Date): ListRow {
  const name = patch.name?.trim() ?? row.name
  const color = patch.color === undefined ? row.color : patch.color
  const isArchived = archivesTodos(row)
  const willBeArchived = patch.archived === undefined ? isArchived : (patch.archived ?? false)
  const isUnchanged = name === row.name && color === row.color && willBeArchived === isArchived
  if (isUnchanged) return row
  const updatedAt = nextListTime(row, now)
  const changed = { ...row, name, color, updatedAt }
  if (willBeArchived === isArchived) return changed
  return willBeArchived
    ? { ...changed, archivedAt: updatedAt, transition: 'archiving' }
    : // The list is archived until all its todos are not, so that they come back as one.
      { ...changed, transition: 'unarchiving' }
}
