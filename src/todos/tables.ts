import { sql } from 'drizzle-orm'
import { userTables } from '../auth/user.ts'
import { defineTables } from '../db/tables.ts'
import type { Due } from './content/due.ts'
import type { Repeat } from './content/repeat.ts'
import type { ListTransition } from './lists/transitions/transition.ts'
import type { CompletedSeries, Series } from './recurrence/series.ts'

/** The todos, and the bulk updates of them that are under way. */
export const todoTables = defineTables(kit => {
  const { table, index, uniqueIndex, id, orderKey, sequence, text, json, flag, integer, counter, instant } =
    kit
  const { users } = userTables(kit)

  const todos = table(
    'todos',
    {
      // The number by which SQLite's full-text index knows a row. Its own row numbers may change when a file is compacted.
      seq: sequence('seq'),
      id: id('id').notNull(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      // Names the state of the row: another one with each write, and never one that was there before.
      revision: id('revision').notNull(),
      // The number of its last change in the change sequence of the user.
      changeNumber: counter('change_number').notNull(),
      title: text('title').notNull(),
      description: text('description'),
      done: flag('done').notNull(),
      due: json('due').$type<Due>(),
      priority: integer('priority').notNull(),
      tags: json('tags').$type<readonly string[]>().notNull(),
      // The list and the parent; '' for the inbox and for none, since a null has no place in the order of an index.
      listId: id('list_id').notNull().default(''),
      parentId: id('parent_id').notNull().default(''),
      // The todo at the top of its tree; '' for that one itself.
      rootId: id('root_id').notNull().default(''),
      // Of its children that are not in the trash.
      childCount: integer('child_count').notNull().default(0),
      openChildCount: integer('open_child_count').notNull().default(0),
      // The rule by which it recurs, and what is known of the series so far.
      repeat: json('repeat').$type<Repeat>(),
      series: json('series').$type<Series>(),
      completionCount: integer('completion_count').notNull().default(0),
      position: orderKey('position').notNull(),
      createdAt: instant('created_at').notNull(),
      updatedAt: instant('updated_at').notNull(),
      completedAt: instant('completed_at'),
      deletedAt: instant('deleted_at'),
      // The todo or the list with which it was deleted; its own id if it was deleted by itself.
      deletedWith: id('deleted_with').notNull().default(''),
      // Whether its list is archived. When that changes, the rows follow in the background.
      isArchived: flag('is_archived').notNull().default(false),
      // Made from the fields above, to order and to search by.
      titleKey: orderKey('title_key').notNull(),
      dueKey: orderKey('due_key').notNull(),
      terms: text('terms').notNull()
    },
    todo => {
      // As text, not as columns: SQLite takes no table name here.
      const isInInbox = sql`deleted_at is null and list_id = ''`
      const isInList = sql`deleted_at is null and list_id <> ''`
      const isInActiveList = sql`deleted_at is null and list_id <> '' and not is_archived`
      const isTrash = sql`deleted_at is not null`
      const { userId, listId, position, createdAt, updatedAt, dueKey, priority, titleKey, id } = todo
      return [
        uniqueIndex('todos_user_id_id').on(userId, id),
        // For each order three, in which a page costs the same at any depth: of the inbox, of all lists that are not archived, and
        // of one list. A page of everything merges the first two, so that a todo without a list is in one index only.
        index('todos_inbox_position').on(userId, position, id).where(isInInbox),
        index('todos_inbox_created_at').on(userId, createdAt, id).where(isInInbox),
        index('todos_inbox_updated_at').on(userId, updatedAt, id).where(isInInbox),
        index('todos_inbox_due').on(userId, dueKey, id).where(isInInbox),
        index('todos_inbox_priority').on(userId, priority, id).where(isInInbox),
        index('todos_inbox_title').on(userId, titleKey, id).where(isInInbox),
        index('todos_active_position').on(userId, position, id).where(isInActiveList),
        index('todos_active_created_at').on(userId, createdAt, id).where(isInActiveList),
        index('todos_active_updated_at').on(userId, updatedAt, id).where(isInActiveList),
        index('todos_active_due').on(userId, dueKey, id).where(isInActiveList),
        index('todos_active_priority').on(userId, priority, id).where(isInActiveList),
        index('todos_active_title').on(userId, titleKey, id).where(isInActiveList),
        index('todos_list_position').on(userId, listId, position, id).where(isInList),
        index('todos_list_created_at').on(userId, listId, createdAt, id).where(isInList),
        index('todos_list_updated_at').on(userId, listId, updatedAt, id).where(isInList),
        index('todos_list_due').on(userId, listId, dueKey, id).where(isInList),
        index('todos_list_priority').on(userId, listId, priority, id).where(isInList),
        index('todos_list_title').on(userId, listId, titleKey, id).where(isInList),
        // For the order of siblings.
        index('todos_roots')
          .on(userId, listId, position, id)
          .where(sql`deleted_at is null and parent_id = ''`),
        index('todos_children').on(userId, todo.parentId, position, id).where(sql`parent_id <> ''`),
        index('todos_tree').on(userId, todo.rootId, id).where(sql`root_id <> ''`),
        index('todos_recurring').on(userId, id).where(sql`repeat is not null`),
        index('todos_changes').on(userId, todo.changeNumber, id),
        index('todos_trash').on(userId, todo.deletedAt).where(isTrash),
        // For what is in the trash without its list, to part it from the list.
        index('todos_trash_list')
          .on(userId, listId, id)
          .where(sql`deleted_at is not null and list_id <> '' and deleted_with <> list_id`),
        index('todos_deleted_with').on(userId, todo.deletedWith, id).where(sql`deleted_with <> ''`),
        // For the janitor.
        index('todos_deleted_at').on(todo.deletedAt).where(isTrash)
      ]
    }
  )

  // The last bulk update of a user that was done in slices, or is being done.
  const bulkUpdates = table('bulk_updates', {
    userId: id('user_id')
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    // The revision of all todos that it changes.
    revision: id('revision').notNull(),
    startedAt: instant('started_at').notNull(),
    // What is done to which todos.
    change: json('change').notNull(),
    // A hash of the request, if it may be repeated.
    requestId: text('request_id'),
    // The last todo that was looked at, in the order of the ids.
    cursor: id('cursor').notNull(),
    // How many it has changed so far.
    changed: integer('changed').notNull(),
    isDone: flag('is_done').notNull()
  })

  const lists = table(
    'lists',
    {
      seq: sequence('seq'),
      id: id('id').notNull(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      revision: id('revision').notNull(),
      changeNumber: counter('change_number').notNull(),
      name: text('name').notNull(),
      color: text('color'),
      position: orderKey('position').notNull(),
      // The todos that are not done, without those that were deleted before the list.
      openCount: integer('open_count').notNull(),
      createdAt: instant('created_at').notNull(),
      updatedAt: instant('updated_at').notNull(),
      archivedAt: instant('archived_at'),
      deletedAt: instant('deleted_at'),
      // What is being done to its todos in the background.
      transition: text('transition').$type<ListTransition>()
    },
    list => [
      uniqueIndex('lists_user_id_id').on(list.userId, list.id),
      index('lists_changes').on(list.userId, list.changeNumber, list.id),
      index('lists_transitions').on(list.userId).where(sql`transition is not null`),
      // For the janitor.
      index('lists_deleted_at').on(list.deletedAt).where(sql`deleted_at is not null`)
    ]
  )

  // The occurrences of recurring todos that were completed.
  const completions = table(
    'completions',
    {
      seq: sequence('seq'),
      id: id('id').notNull(),
      userId: id('user_id')
        .notNull()
        .references(() => users.id, { onDelete: 'cascade' }),
      todoId: id('todo_id').notNull(),
      changeNumber: counter('change_number').notNull(),
      occurrence: json('occurrence').$type<Due>().notNull(),
      completedAt: instant('completed_at').notNull(),
      sessionId: id('session_id'),
      // The series before, to take the completion back.
      series: json('series').$type<CompletedSeries>().notNull()
    },
    completion => [
      uniqueIndex('completions_user_id_id').on(completion.userId, completion.id),
      index('completions_todo').on(completion.userId, completion.todoId, completion.changeNumber)
    ]
  )

  return { lists, todos, bulkUpdates, completions }
})

/** What todos are called among the changes of a user. */
export const TODO_TYPE = 'todo'

export type TodoTables = ReturnType<typeof todoTables>
export type TodoRow = Omit<TodoTables['todos']['$inferSelect'], 'seq' | 'changeNumber'>
export type BulkUpdateRow = TodoTables['bulkUpdates']['$inferSelect']
export type ListRow = Omit<TodoTables['lists']['$inferSelect'], 'seq' | 'changeNumber'>
export type CompletionRow = Omit<TodoTables['completions']['$inferSelect'], 'seq'>
