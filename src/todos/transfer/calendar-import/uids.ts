import { createLineId } from '../import-ids.ts'

const OWN_UID = /^([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})@latchkey$/i

/** The UID of a todo that is exported. */
export const toUid = (id: string): string => `${id}@latchkey`

/** The id of the todo of a UID: that of a todo that was exported, or one made from the UID. */
export function toTodoId(userId: string, uid: string): string {
  const [, id] = OWN_UID.exec(uid) ?? []
  return id?.toLowerCase() ?? createLineId('calendar', userId, uid)
}
