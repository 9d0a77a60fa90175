import type { BoundStatement } from '../../../db/bound-statement.ts'
import type { UserParams } from '../../../db/engine.ts'
import type { Store } from '../../../db/store.ts'
import { bindTombstone } from '../../../sync/tombstones.ts'
import { bindPurge } from '../../purge.ts'
import type { TodoRow } from '../../tables.ts'
import { type ChangingList, nextListTime } from './state.ts'
import { type Selection, transitionChanges, transitionStatements } from './statements.ts'
import type { ListTransition } from './transition.ts'

/** Some todos of a list, and the parameters of a statement that is about them. */
export interface Slice {
  readonly rows: readonly Pick<TodoRow, 'id' | 'revision' | 'completionCount'>[]
  readonly params: UserParams
}

/** What is done in a transition. */
interface Steps {
  /** Which todos follow the list. */
  readonly selections: readonly Selection[]
  readonly bindSlice: (slice: Slice, selection: Selection) => readonly BoundStatement[]
  /** When all todos have followed. Each statement must affect a row; one that finds other todos affects none. */
  readonly bindEnd: (params: UserParams) => readonly BoundStatement<readonly unknown[]>[]
}

/** What the transition of a list consists of. */
export function createSteps(store: Store, list: ChangingList): Steps {
  const { userId, id, updatedAt, deletedAt, archivedAt, transition } = list
  const changes = transitionChanges(store)
  const statements = transitionStatements(store)
  const stamp = (now: Date) => ({ now, revision: store.newId() })

  const archive = (isArchived: boolean) => ({
    selections: ['live'] as const,
    bindSlice: ({ params }: Slice) => [statements.archiveSlice.bind({ ...params, isArchived })]
  })

  const steps: Record<ListTransition, () => Steps> = {
    archiving: () => ({
      ...archive(true),
      bindEnd: params => [statements.finishArchiving.bind(params)]
    }),

    unarchiving: () => ({
      ...archive(false),
      bindEnd: params => [changes.unarchive.bind({ ...params, revision: store.newId() })]
    }),

    deleting: () => ({
      selections: ['live'],
      bindSlice: ({ params }) => [
        changes.deleteSlice.bind({
          ...params,
          ...stamp(updatedAt),
          deletedAt,
          isArchived: archivedAt !== null
        })
      ],
      bindEnd: params => [statements.finishDeleting.bind(params)]
    }),

    restoring: () => ({
      selections: ['carried'],
      bindSlice: ({ params }) => [changes.restoreSlice.bind({ ...params, ...stamp(store.now()) })],
      bindEnd: params => [changes.restore.bind({ ...params, ...stamp(nextListTime(list, store.now())) })]
    }),

    purging: () => ({
      // What is in the trash without the list stays there, and goes last: then all that is above it and goes is gone.
      selections: ['live', 'carried', 'separate'],
      bindSlice: ({ rows, params }, selection) => {
        if (selection === 'separate') return [changes.partSlice.bind({ ...params, revision: store.newId() })]
        return rows.flatMap(({ id: todoId, revision: expected, completionCount }) =>
          bindPurge(store, { userId, id: todoId, expected, completionCount })
        )
      },
      bindEnd: params => [bindTombstone(store, { userId, type: 'list', id }), statements.purge.bind(params)]
    })
  }
  return steps[transition]()
}
