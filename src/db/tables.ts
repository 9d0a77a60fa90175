import { getTableColumns } from 'drizzle-orm'
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'
import type { ColumnKit } from './columns.ts'

/** The tables of a feature by their names in the code. */
export type Tables = Readonly<Record<string, PgTable>>

/** Gives the tables of a feature in the columns of an engine: the same ones each time. */
export type TableDefinition<Feature extends Tables> = (kit: ColumnKit) => Feature

/**
 * Defines the tables of a feature once for all engines. For a foreign key, the definition asks the other one with the same kit.
 * @param create makes the tables from the kinds of column of an engine
 */
export function defineTables<Feature extends Tables>(
  create: (kit: ColumnKit) => Feature
): TableDefinition<Feature> {
  const tablesByKit = new Map<ColumnKit, Feature>()
  return kit => {
    const tables = tablesByKit.get(kit) ?? create(kit)
    tablesByKit.set(kit, tables)
    return tables
  }
}

/** The name and the column of a table's primary key. */
export function getPrimaryKey(table: PgTable): [string, PgColumn] {
  return Object.entries(getTableColumns(table)).find(([, { primary }]) => primary) as [string, PgColumn]
}
