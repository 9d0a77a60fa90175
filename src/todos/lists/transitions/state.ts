import type { ListRow } from '../../tables.ts'
import type { ListTransition } from './transition.ts'

/** A list whose todos do not follow it yet. */
export interface ChangingList extends ListRow {
  readonly transition: ListTransition
}

export const isChanging = (list: ListRow): list is ChangingList => list.transition !== null

/** Whether todos that come into a list now are archived with it: not in a list that is about to be active again. */
export const archivesTodos = ({
  archivedAt,
  transition
}: Pick<ListRow, 'archivedAt' | 'transition'>): boolean => archivedAt !== null && transition !== 'unarchiving'

/** Whether a list is being deleted for good. No request finds it any more. */
export const isGone = ({ transition }: Pick<ListRow, 'transition'>): boolean => transition === 'purging'

/** The time of a change: now, but never before the last change, should the clock have been put back. */
export const nextListTime = ({ createdAt, updatedAt }: ListRow, now: Date): Date =>
  new Date(Math.max(createdAt.getTime(), updatedAt.getTime(), now.getTime()))
