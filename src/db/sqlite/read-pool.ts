import { once } from 'node:events'
import { type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads'
import Database from 'better-sqlite3'

/** Threads, so that a long read of one user leaves one to the others. */
const THREADS = 2
/** The most statements that a thread keeps prepared. */
const MAX_STATEMENTS = 200

/** Under which a thread finds the path of the database. */
const FILE_KEY = 'sqliteFile'

/** Tells a thread to end. */
const CLOSE = 'close'

interface ReadRequest {
  readonly sql: string
  readonly params: readonly unknown[]
}

type ReadResponse = { readonly rows: unknown[][] } | { readonly code: string; readonly message: string }

interface PendingRead extends ReadRequest {
  readonly resolve: (rows: unknown[][]) => void
  readonly reject: (error: Error) => void
}

/** Reads of a SQLite file beside the event loop. */
export interface ReadPool {
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
export function createReadPool(file: string, start = createThread): ReadPool {
  const queue: PendingRead[] = []
  const idle: Worker[] = []
  const busy = new Map<Worker, PendingRead>()
  let isClosing = false

  function startThread(): Worker {
    const worker = start(file)
    worker.on('message', (response: ReadResponse) => {
      const pendingRead = busy.get(worker)
      busy.delete(worker)
      idle.push(worker)
      // One that has nothing to do keeps no process alive.
      if (!isClosing) worker.unref()
      if ('rows' in response) pendingRead?.resolve(response.rows)
      else pendingRead?.reject(Object.assign(new Error(response.message), { code: response.code }))
      dispatch()
    })
    // A thread that dies, for want of memory say, fails its read; another takes its place when there is one to do.
    worker.on('error', error => {
      busy.get(worker)?.reject(error)
    })
    worker.on('exit', () => {
      busy.delete(worker)
      const index = idle.indexOf(worker)
      if (index >= 0) idle.splice(index, 1)
      dispatch()
    })
    return worker
  }

  function dispatch() {
    while (queue.length > 0 && (idle.length > 0 || busy.size < THREADS)) {
      const pendingRead = queue.shift() as PendingRead
      try {
        send(pendingRead, idle.pop() ?? startThread())
      } catch (error) {
        // The system may have no thread left. It is its read that fails, not the event that brought this one its turn.
        pendingRead.reject(error as Error)
      }
    }
  }

  function send(pendingRead: PendingRead, worker: Worker) {
    busy.set(worker, pendingRead)
    worker.ref()
    worker.postMessage({ sql: pendingRead.sql, params: pendingRead.params } satisfies ReadRequest)
  }

  return {
    read: (sql, params) =>
      new Promise((resolve, reject) => {
        queue.push({ sql, params, resolve, reject })
        dispatch()
      }),
    async close() {
      isClosing = true
      for (const { reject } of [...queue.splice(0), ...busy.values()]) reject(new Error(CLOSED_MESSAGE))
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

const createThread = (file: string) =>
  new Worker(import.meta.filename, { workerData: { [FILE_KEY]: file }, execArgv: [] })

/** As the driver says it of a connection that was closed. */
const CLOSED_MESSAGE = 'The database connection is not open'

function serveReads(port: MessagePort, file: string) {
  const connection = new Database(file, { readonly: true })
  connection.pragma('temp_store = MEMORY')
  const prepared = new Map<string, Database.Statement>()

  function runRead({ sql, params }: ReadRequest): ReadResponse {
    try {
      const statement = prepared.get(sql) ?? connection.prepare(sql).raw()
      if (prepared.size >= MAX_STATEMENTS) prepared.clear()
      prepared.set(sql, statement)
      return { rows: statement.all(params) as unknown[][] }
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException
      return { code, message }
    }
  }

  port.on('message', (request: ReadRequest | typeof CLOSE) => {
    if (request !== CLOSE) return port.postMessage(runRead(request))
    connection.close()
    port.close()
  })
}

// This file is what its threads run.
const file = workerData?.[FILE_KEY]
if (parentPort && file) serveReads(parentPort, file)
