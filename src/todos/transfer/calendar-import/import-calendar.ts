import type { Store } from '../../../db/store.ts'
import type { IdempotentResult } from '../../../idempotency/idempotency.ts'
import { assertTargetsExist } from '../../query/targets.ts'
import { type ImportRequest, type ImportResult, importTodos } from '../import.ts'
import { fingerprintBytes } from '../import-ids.ts'
import { convertCalendar } from './convert-calendar.ts'

/** An import of a calendar that takes effect once. */
export interface CalendarImportRequest
  extends Omit<ImportRequest, 'text' | 'notes' | 'notePlacement' | 'fingerprint'> {
  readonly bytes: Buffer
  /** The zone of times that name none. */
  readonly timeZone: string | undefined
  /** The list for all todos. */
  readonly listId: string | undefined
}

/**
 * Creates the todos of the VTODOs of a file (iCalendar, RFC 5545). The id of a todo is made from its UID, so an import can be
 * repeated.
 * @returns counts, and notes of what was not taken over
 * @throws {Problem} `validation_failed` for an unknown list, and with what is wrong in the file, before the first write
 * @throws {Problem} as `importTodos` does
 * @throws {StatementError}
 */
export async function importCalendar(
  store: Store,
  { bytes, timeZone, listId, ...request }: CalendarImportRequest
): Promise<IdempotentResult<ImportResult>> {
  const { userId, check } = request
  if (listId !== undefined) await assertTargetsExist(store, userId, { list: [listId] })
  const conversion = { userId, check, timeZone, listId, now: store.now() }
  const lines = await convertCalendar(bytes, conversion)
  // Of the file, since what is taken of it depends on the time.
  const fingerprint = await fingerprintBytes(bytes, [timeZone ?? '', listId ?? ''])
  return importTodos(store, { ...request, ...lines, fingerprint })
}
