import { oncePerEngine } from '../../db/statements.ts'
import { todoTables } from '../tables.ts'

/** The full-text search of todos. */
export const todoSearch = oncePerEngine(engine => engine.createSearch(todoTables(engine.kit).todos))
