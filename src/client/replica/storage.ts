import type { Todo } from '../types.ts'
import type { Operation } from './operations.ts'

/** What a replica stores. */
export type StoredRecord = CopyState | StoredTodo | Edit | OutgoingBatch

/** Whose copy it is, and how far it is. */
export interface CopyState {
  readonly kind: 'copy'
  readonly userId: string
  /** The token of the last page that the copy has. */
  readonly since?: string
  /** The number of downloads that began anew. A todo of an earlier one is gone when the latest one is complete. */
  readonly generation: number
  readonly isComplete: boolean
}

/** A todo as the service has it. */
export interface StoredTodo {
  readonly kind: 'todo'
  readonly todo: Todo
  readonly generation: number
}

/** An operation that the service has not confirmed. */
export interface Edit {
  readonly kind: 'edit'
  readonly operation: Operation
  /** The local time. */
  readonly at: string
  /** For a creation: whether the replica has made the id. */
  readonly hasRandomId?: boolean
}

/** The edits that are being sent. They are stored before, so that each attempt sends the very same request. */
export interface OutgoingBatch {
  readonly kind: 'batch'
  readonly idempotencyKey: string
  /** The names of the edits, in their order. */
  readonly edits: readonly string[]
}

/** Records to write, by their names; undefined deletes one. */
export type Writes = readonly (readonly [name: string, record: StoredRecord | undefined])[]

/** Where a replica is stored. */
export interface ReplicaStorage {
  /** Reads all records. */
  load(): Promise<Iterable<readonly [name: string, record: StoredRecord]>>
  /** Writes all, or none and rejects. It is called again when the write before has ended. */
  write(writes: Writes): Promise<void>
  /** The name by which tabs share the storage. Without a name it is private to the page. */
  readonly sharedName?: string
}

/** Creates a storage in memory, which ends with the program. */
export function memoryStorage(): ReplicaStorage {
  const records = new Map<string, StoredRecord>()
  return {
    load: async () => [...records],
    async write(writes) {
      for (const [name, record] of writes) {
        if (record) records.set(name, record)
        else records.delete(name)
      }
    }
  }
}
