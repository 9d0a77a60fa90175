import { isDeepStrictEqual } from 'node:util'
import type { BoundStatement, Rows } from '../../db/bound-statement.ts'
import type { Store } from '../../db/store.ts'
import { Problem } from '../../problems/problem.ts'
import { toLocalDateTime } from '../../time/time-zones.ts'
import { type Due, toDueKey } from '../content/due.ts'
import type { Draft } from '../draft/draft.ts'
import { MAX_COMPLETIONS } from '../limits.ts'
import type { CompletionRow, TodoRow } from '../tables.ts'
import { isListed, nextUpdateTime, type Todo, toTodo } from '../todo.ts'
import { findDescendants } from '../tree/tree.ts'
import {
  bindDeleteCompletion,
  bindDeleteOldestCompletion,
  bindInsertCompletion,
  findCompletion,
  findLatestCompletion,
  toCompletedOccurrence
} from './completions.ts'
import { isRecurring, type RecurringRow } from './recurring.ts'
import { advanceSeries, type Series, toDay, toDue } from './series.ts'

/** Who changes a series. */
interface SeriesEditor {
  readonly store: Store
  readonly draft: Draft
  /** The session of the request. */
  readonly sessionId: string | null
  readonly now: Store['now']
  /** Makes the revisions of the changed todos. */
  readonly newRevision: Store['newId']
  /** Adds the statement that stores a completion to the draft. */
  readonly addCompletion: (statement: BoundStatement<Rows>) => void
}

/** The operations on the series of a todo, on a draft. Each returns the todo as the operation leaves it. */
export function createSeriesOperations({
  store,
  draft,
  sessionId,
  now,
  newRevision,
  addCompletion
}: SeriesEditor) {
  /** Today by the calendar of a due date; for a day, which names no zone, by that of whoever asks. */
  const findToday = (due: Due, timeZoneOfAsker?: string): string => {
    const timeZone = 'date' in due ? timeZoneOfAsker : due.timeZone
    return (timeZone === undefined ? now().toISOString() : toLocalDateTime(now(), timeZone)).slice(0, 10)
  }

  /** Puts a todo with changes into the draft, which may have other counts of its subtasks by now. */
  async function update(row: TodoRow, changes: Partial<TodoRow>): Promise<TodoRow> {
    const updated = {
      ...row,
      ...(await draft.find(row.id)),
      ...changes,
      updatedAt: nextUpdateTime(row, now()),
      revision: newRevision()
    }
    await draft.put(updated)
    return updated
  }

  /** The columns of the present occurrence of a series. */
  const toColumns = (series: Series) => {
    const due = toDue(series)
    return { series, due, dueKey: toDueKey(due) }
  }

  /** With each occurrence the subtasks begin anew, but for those with a series of their own. */
  async function reopenDescendants(row: TodoRow): Promise<void> {
    if (row.childCount === 0) return
    const descendants = (await findDescendants(draft, row)).filter(
      descendant => isListed(descendant) && descendant.done && !isRecurring(descendant)
    )
    for (const descendant of descendants) await update(descendant, { done: false, completedAt: null })
  }

  /** Goes on to the occurrence that follows. */
  async function proceed(row: TodoRow, series: Series, completionCount = row.completionCount) {
    await reopenDescendants(row)
    return update(row, { ...toColumns(series), completionCount })
  }

  /** Keeps that the present occurrence was completed. @returns the completion, and how many there are then */
  function recordCompletion(row: RecurringRow, today: string) {
    const { id: todoId, userId, due: occurrence, series, completionCount } = row
    const completion = {
      id: store.newId(),
      userId,
      todoId,
      occurrence,
      completedAt: now(),
      sessionId,
      series: { ...series, today }
    }
    addCompletion(bindInsertCompletion(store, completion))
    const isFull = completionCount === MAX_COMPLETIONS
    if (isFull) draft.add(bindDeleteOldestCompletion(store, { userId, todoId }))
    return {
      completed: toCompletedOccurrence(completion),
      completionCount: isFull ? completionCount : completionCount + 1
    }
  }

  return {
    /**
     * Completes the present occurrence. The todo stays open with the next one; after the last one it is done.
     * @param timeZone of whoever completes it
     */
    async complete(row: RecurringRow, timeZone?: string): Promise<Todo> {
      const today = findToday(row.due, timeZone)
      const { completed, completionCount } = recordCompletion(row, today)
      const series = advanceSeries(row.repeat, row.series, { today, due: toDay(row.due) })
      const changed = series
        ? await proceed(row, series, completionCount)
        : await update(row, { done: true, completedAt: nextUpdateTime(row, now()), completionCount })
      return { ...toTodo(changed), completed }
    },

    /**
     * Completes the last occurrence of a series that the same request ends.
     * @param row the todo before the request
     * @param ended the todo after it
     */
    async completeLast(row: RecurringRow, ended: TodoRow): Promise<Todo> {
      const { completed, completionCount } = recordCompletion(row, findToday(row.due))
      const changed = await update(ended, { completionCount })
      return { ...toTodo(changed), completed }
    },

    /** Goes on to the next occurrence. @throws {Problem} `todo_not_recurring`, `series_ended` */
    async skip(row: TodoRow): Promise<Todo> {
      if (!isRecurring(row)) throw new Problem('todo_not_recurring')
      const [today, due] = [findToday(row.due), toDay(row.due)]
      // What would follow the day of completion follows the day that is skipped, where that is later.
      const day = row.repeat.from === 'completion' && due > today ? due : today
      const series = row.done ? undefined : advanceSeries(row.repeat, row.series, { today: day, due })
      if (!series) throw new Problem('series_ended')
      return toTodo(await proceed(row, series))
    },

    /**
     * Takes the latest completion back: the todo is open, with the occurrence that was completed.
     * @throws {Problem} `completion_not_found`, `completion_not_latest`, `series_changed`
     */
    async takeBack(row: TodoRow, completionId: string): Promise<Todo> {
      const completion = await findTakeable(row, completionId)
      draft.add(bindDeleteCompletion(store, completion))
      const { occurrence: due } = completion
      const { today: _, ...series } = completion.series
      return toTodo(
        await update(row, {
          series,
          due,
          dueKey: toDueKey(due),
          done: false,
          completedAt: null,
          completionCount: row.completionCount - 1
        })
      )
    }
  }

  async function findTakeable(row: TodoRow, id: string): Promise<CompletionRow> {
    const todo = { userId: row.userId, todoId: row.id }
    const completion = await findLatestCompletion(store, todo)
    if (completion?.id !== id)
      throw new Problem(
        (await findCompletion(store, { ...todo, id })) ? 'completion_not_latest' : 'completion_not_found'
      )
    if (!isAsLeftBy(row, completion)) throw new Problem('series_changed')
    return completion
  }

  /** Whether the series is as a completion has left it: nobody has moved the date, or changed the rule, since. */
  function isAsLeftBy(row: TodoRow, { series: { today, ...series }, occurrence }: CompletionRow): boolean {
    if (!isRecurring(row)) return false
    const next = advanceSeries(row.repeat, series, { today, due: toDay(occurrence) })
    const [leftSeries, leftDue] = next ? [next, toDue(next)] : [series, occurrence]
    return isDeepStrictEqual(row.series, leftSeries) && isDeepStrictEqual(row.due, leftDue)
  }
}

export type SeriesOperations = ReturnType<typeof createSeriesOperations>
