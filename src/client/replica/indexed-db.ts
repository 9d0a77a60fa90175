import type { ReplicaStorage, StoredRecord } from './storage.ts'

/** The part of a request of IndexedDB that is used. */
interface IndexedDbRequest<Result> {
  readonly result: Result
  readonly error: unknown
  onsuccess: (() => void) | null
  onerror: (() => void) | null
}

interface ObjectStore {
  getAllKeys(): IndexedDbRequest<unknown[]>
  getAll(): IndexedDbRequest<StoredRecord[]>
  put(record: StoredRecord, name: string): unknown
  delete(name: string): unknown
}

interface Transaction {
  readonly error: unknown
  objectStore(name: string): ObjectStore
  abort(): void
  oncomplete: (() => void) | null
  onabort: (() => void) | null
}

interface Database {
  createObjectStore(name: string): unknown
  transaction(name: string, mode: 'readonly' | 'readwrite'): Transaction
  close(): void
  onclose: (() => void) | null
  onversionchange: (() => void) | null
}

interface IndexedDb {
  open(name: string): IndexedDbRequest<Database> & { onupgradeneeded: (() => void) | null }
}

const STORE = 'records'

/**
 * Creates a storage in a database of the browser. Tabs share it, and it survives reloads.
 * @param name the name of the database
 */
export function indexedDbStorage(name: string): ReplicaStorage {
  let opening: Promise<Database> | undefined

  function open(): Promise<Database> {
    const { indexedDB } = globalThis as unknown as { indexedDB: IndexedDb }
    const request = indexedDB.open(name)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    return toPromise(request)
  }

  function forget() {
    opening = undefined
  }

  async function begin(mode: 'readonly' | 'readwrite'): Promise<Transaction> {
    opening ??= open()
    const database = await opening.catch(error => {
      forget()
      throw error
    })
    // The user may delete the database, or the browser does.
    database.onclose = forget
    // Another tab wants to delete or upgrade the database, and waits until all have closed it.
    database.onversionchange = () => {
      database.close()
      forget()
    }
    return database.transaction(STORE, mode)
  }

  return {
    sharedName: name,

    async load() {
      const store = (await begin('readonly')).objectStore(STORE)
      const [names, records] = await Promise.all([toPromise(store.getAllKeys()), toPromise(store.getAll())])
      return records.map((record, index) => [`${names[index]}`, record] as const)
    },

    async write(writes) {
      const transaction = await begin('readwrite')
      const store = transaction.objectStore(STORE)
      try {
        for (const [recordName, record] of writes) {
          if (record) store.put(record, recordName)
          else store.delete(recordName)
        }
      } catch (error) {
        transaction.abort()
        throw error
      }
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve()
        transaction.onabort = () => reject(transaction.error)
      })
    }
  }
}

const toPromise = <Result>(request: IndexedDbRequest<Result>): Promise<Result> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
