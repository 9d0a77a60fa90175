import Database from 'better-sqlite3'
import { getTableColumns } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import { sqliteKit } from '../../src/db/columns.ts'
import { allTables } from '../../src/features.ts'

/*
 * Triggers that refuse what is written around the change sequence: each row carries the number of its user's sequence, a
 * greater one than before; what is deleted leaves a tombstone of that number; and a tombstone goes only when the floor says so.
 * Rows with the number 0 are put there by hand by a test. An account goes with all that it has. What no client sees is no change:
 * that the todos of a list follow it.
 */

const MESSAGE = 'written around the change sequence'

/** The removal of an account's todos, before the account. No other statement deletes by a selection. */
const REMOVAL = 'delete from "todos" where "todos"."id" in (select %'

const FUNCTIONS = `
create function guard_stamped() returns trigger language plpgsql as $$ begin
  if tg_op = 'UPDATE' and to_jsonb(new) -> tg_argv[0] is distinct from to_jsonb(old) -> tg_argv[0]
    and to_jsonb(new) - tg_argv[0] = to_jsonb(old) - tg_argv[0] then return null; end if;
  if new.change_number <> 0 and (
    new.change_number is distinct from (select value from change_sequences where user_id = new.user_id)
    or (tg_op = 'UPDATE' and new.change_number <= old.change_number)
  ) then raise exception '% is ${MESSAGE}', tg_table_name; end if;
  return null;
end $$;

create function guard_deleted() returns trigger language plpgsql as $$ begin
  if exists (select from users where id = old.user_id) and current_query() not like '${REMOVAL}' and not exists (
    select from tombstones t join change_sequences s using (user_id)
      where user_id = old.user_id and t.id = old.id and type = tg_argv[0] and change_number = value
  ) then raise exception '% is ${MESSAGE}', tg_table_name; end if;
  return null;
end $$;

create function guard_forgotten() returns trigger language plpgsql as $$ begin
  if exists (select from users where id = old.user_id) and not exists (
    select from change_sequences where user_id = old.user_id and floor >= old.change_number
  ) then raise exception '% is ${MESSAGE}', tg_table_name; end if;
  return null;
end $$;`

const TRIGGERS = {
  todos: `
    create trigger guard_stamped after insert or update on todos for each row execute function guard_stamped('is_archived');
    create trigger guard_deleted after delete on todos for each row execute function guard_deleted('todo');`,
  lists: `
    create trigger guard_stamped after insert or update on lists for each row execute function guard_stamped('transition');
    create trigger guard_deleted after delete on lists for each row execute function guard_deleted('list');`,
  tombstones: `
    create trigger guard_stamped after insert or update on tombstones for each row execute function guard_stamped('');
    create trigger guard_forgotten after delete on tombstones for each row execute function guard_forgotten();`
}

/** What guards a PostgreSQL database, from the moment when its tables are made. */
export const POSTGRES_GUARD = `${FUNCTIONS}
create function guard_tables() returns event_trigger language plpgsql as $$
  declare name text;
  begin
    for name in select object_identity from pg_event_trigger_ddl_commands() where command_tag = 'CREATE TABLE' loop
      case name
        when 'public.todos' then ${TRIGGERS.todos}
        when 'public.lists' then ${TRIGGERS.lists}
        when 'public.tombstones' then ${TRIGGERS.tombstones}
        else null;
      end case;
    end loop;
  end $$;
create event trigger guard_tables on ddl_command_end when tag in ('CREATE TABLE') execute function guard_tables();`

const refuse = (table: string) => `begin select raise(abort, '${table} is ${MESSAGE}'); end;`
const value = 'coalesce((select value from change_sequences where user_id = new.user_id), -1)'
const hasUser = 'exists (select 1 from users where id = old.user_id)'

/** The columns of SQLite's tables that no client sees. */
const UNSEEN: Record<string, string> = { todos: 'is_archived', lists: 'transition' }

/** Whether an update does more than to set the column that no client sees. */
function isSeen(table: string): string {
  const { [table]: definition } = allTables(sqliteKit) as Record<string, PgTable>
  const names = Object.values(getTableColumns(definition as PgTable)).map(({ name }) => name)
  return names
    .map(name => (name === UNSEEN[table] ? `new.${name} is old.${name}` : `new.${name} is not old.${name}`))
    .join(' or ')
}

const SQLITE_GUARD = [
  ...['todos', 'lists', 'tombstones'].flatMap(table => [
    `create trigger guard_${table}_inserted after insert on ${table}
      when new.change_number <> 0 and new.change_number <> ${value} ${refuse(table)}`,
    `create trigger guard_${table}_updated after update on ${table}
      when new.change_number <> 0 and (new.change_number <> ${value} or new.change_number <= old.change_number)
        and ${table in UNSEEN ? `(${isSeen(table)})` : 'true'}
      ${refuse(table)}`
  ]),
  ...['todo', 'list'].map(
    type => `create trigger guard_${type}s_deleted after delete on ${type}s
    when ${hasUser} and not exists (
      select 1 from tombstones t join change_sequences s using (user_id)
        where user_id = old.user_id and t.id = old.id and type = '${type}' and change_number = value
    ) ${refuse(`${type}s`)}`
  ),
  `create trigger guard_tombstones_forgotten after delete on tombstones
    when ${hasUser} and not exists (
      select 1 from change_sequences where user_id = old.user_id and floor >= old.change_number
    ) ${refuse('tombstones')}`
]

/** Guards a SQLite file that has its tables. */
export function guardSqlite(file: string): void {
  const connection = new Database(file)
  for (const statement of SQLITE_GUARD) connection.exec(statement)
  connection.close()
}
