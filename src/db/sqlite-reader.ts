import { once } from 'node:events'
import { type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'

/** Threads, so that a long read of one user leaves one to the others. */
const THREADS = 2
/** The most statements that a thread keeps prepared. */
const MOST_STATEMENTS = 200

/** Under which a thread finds the path of the database. */
const FILE = 'sqliteFile'

/** Tells a thread to end. */
const CLOSE = 'close'

interface Question {
  readonly sql: string
  readonly params: readonly unknown[]
}

type Answer = { readonly rows: unknown[][] } | { readonly code: string; readonly message: string }

interface Asked extends Question {
  readonly resolve: (rows: unknown[][]) => void
  readonly reject: (error: Error) => void
}

/** Reads of a SQLite file beside the event loop. */
export interface Readers {
  /**
   * Runs a query on what is committed at that time.
   * @returns its rows, each an array of values
   */
  readonly read: (sql: string, params: readonly unknown[]) => Promise<unknown[][]>
  readonly close: () => Promise<void>
}

/**
 * Reads a SQLite file in threads, each with a connection of its own: while a read goes on, the event loop serves others. A
 * write-ahead log lets any number of readers in beside the one that writes (https://sqlite.org/wal.html). Threads start at
 * the first read.
 * @param start starts a thread that reads the file
 */
export function readersOf(file: string, start = startThread): Readers {
  const queue: Asked[] = []
  const idle: Worker[] = []
  const busy = new Map<Worker, Asked>()
  let isClosing = false

  function launch(): Worker {
    const worker = start(file)
    worker.on('message', (found: Answer) => {
      const asked = busy.get(worker)
      busy.delete(worker)
      idle.push(worker)
      // One that has nothing to do keeps no process alive.
      if (!isClosing) worker.unref()
      if ('rows' in found) asked?.resolve(found.rows)
      else asked?.reject(Object.assign(new Error(found.message), { code: found.code }))
      next()
    })
    // A thread that dies, for want of memory say, fails its read; another takes its place when there is one to do.
    worker.on('error', error => {
      busy.get(worker)?.reject(error)
    })
    worker.on('exit', () => {
      busy.delete(worker)
      const at = idle.indexOf(worker)
      if (at >= 0) idle.splice(at, 1)
      next()
    })
    return worker
  }

  function next() {
    while (queue.length > 0 && (idle.length > 0 || busy.size < THREADS)) {
      const asked = queue.shift() as Asked
      try {
        answer(asked, idle.pop() ?? launch())
      } catch (error) {
        // The system may have no thread left. It is its read that fails, not the event that brought this one its turn.
        asked.reject(error as Error)
      }
    }
  }

  function answer(asked: Asked, worker: Worker) {
    busy.set(worker, asked)
    worker.ref()
    worker.postMessage({ sql: asked.sql, params: asked.params } satisfies Question)
  }

  return {
    read: (sql, params) =>
      new Promise((resolve, reject) => {
        queue.push({ sql, params, resolve, reject })
        next()
      }),
    async close() {
      isClosing = true
      for (const { reject } of [...queue.splice(0), ...busy.values()]) reject(new Error(CLOSED))
      await Promise.all(
        [...idle, ...busy.keys()].map(worker => {
          worker.ref()
          worker.postMessage(CLOSE)
          return once(worker, 'exit')
        })
      )
    }
  }
}

const startThread = (file: string) =>
  new Worker(import.meta.filename, { workerData: { [FILE]: file }, execArgv: [] })

/** As the driver says it of a connection that was closed. */
const CLOSED = 'The database connection is not open'

function answerQuestions(port: MessagePort, file: string) {
  const connection = new Database(file, { readonly: true })
  connection.pragma('temp_store = MEMORY')
  const prepared = new Map<string, Database.Statement>()

  function answerTo({ sql, params }: Question): Answer {
    try {
      const statement = prepared.get(sql) ?? connection.prepare(sql).raw()
      if (prepared.size >= MOST_STATEMENTS) prepared.clear()
      prepared.set(sql, statement)
      return { rows: statement.all(params) as unknown[][] }
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException
      return { code, message }
    }
  }

  port.on('message', (question: Question | typeof CLOSE) => {
    if (question !== CLOSE) return port.postMessage(answerTo(question))
    connection.close()
    port.close()
  })
}

// This file is what its threads run.
const file = workerData?.[FILE]
if (parentPort && file) answerQuestions(parentPort, file)
