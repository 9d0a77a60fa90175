type MaybePromise<Value> = Value | Promise<Value>

/**
 * A storage of the tokens: `localStorage`, `sessionStorage`, or an asynchronous one, such as `AsyncStorage` of React Native.
 */
export interface KeyValueStorage {
  getItem(name: string): MaybePromise<string | null | undefined>
  setItem(name: string, value: string): unknown
  removeItem(name: string): unknown
}

/** Creates a storage in memory, which ends with the program. */
export function memoryStorage() {
  const items = new Map<string, string>()
  return {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string): void => void items.set(name, value),
    removeItem: (name: string): void => void items.delete(name)
  }
}

/**
 * A storage, or a function that returns it. With a function an error counts as no storage: some browsers throw a
 * `SecurityError` when `localStorage` is read, and servers have none.
 */
export type StorageSource = KeyValueStorage | null | (() => KeyValueStorage | null | undefined)

/** The storage of a client's token pair. */
export interface TokenStorage {
  readonly storage: KeyValueStorage
  /** The name of the item that holds the pair. */
  readonly itemName: string
  /** The name of the lock and the channel that clients of the storage share; undefined when there are no others. */
  readonly sharedName: string | undefined
  /** Whether other tabs share the storage. Another tab may see a write late. */
  readonly isShared: boolean
}

const privateNames = new WeakMap<KeyValueStorage, string>()

/**
 * Resolves the storage of a client. Without a storage the pair stays in memory.
 * @param storageName the application's name for a storage that its tabs share
 * @param createName creates a name for a storage that is private to the page
 */
export function resolveTokenStorage(
  source: StorageSource | undefined,
  baseUrl: string,
  storageName: string | undefined,
  createName: () => string
): TokenStorage {
  const itemName = `latchkey ${baseUrl}`
  const storage = openStorage(source)
  if (!storage) return { storage: memoryStorage(), itemName, sharedName: undefined, isShared: false }
  if (storageName !== undefined)
    return { storage, itemName, sharedName: `${itemName} ${storageName}`, isShared: true }
  if (isLocalStorage(storage)) return { storage, itemName, sharedName: itemName, isShared: true }
  const privateName = privateNames.get(storage) ?? createName()
  privateNames.set(storage, privateName)
  return { storage, itemName, sharedName: `${itemName} ${privateName}`, isShared: false }
}

function openStorage(source: StorageSource | undefined): KeyValueStorage | undefined {
  try {
    return (typeof source === 'function' ? source() : source) ?? undefined
  } catch {
    return undefined
  }
}

/** Whether a storage is `localStorage`. In Node reading that global may print a warning, so the class is checked first. */
function isLocalStorage(storage: KeyValueStorage): boolean {
  const { Storage } = globalThis
  return Storage !== undefined && storage instanceof Storage && openStorage(() => localStorage) === storage
}
