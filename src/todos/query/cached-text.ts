import { oncePerEngine } from '../../db/statements.ts'
import { todoTables } from '../tables.ts'

/** What was made of the todos of a user, until one of them is written. */
export const todoTextCache = oncePerEngine(engine =>
  engine.createTextCache([
    {
      table: todoTables(engine.kit).todos,
      on: ['insert', 'update', 'delete'],
      id: todoTables(engine.kit).todos.userId
    }
  ])
)
