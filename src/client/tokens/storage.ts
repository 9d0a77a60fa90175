type MaybePromise<Value> = Value | Promise<Value>

/**
 * Where the tokens are kept: `localStorage`, `sessionStorage` or the like. Those that answer later can be used, too, such as
 * the `AsyncStorage` of React Native.
 */
export interface KeyValueStorage {
  getItem(name: string): MaybePromise<string | null | undefined>
  setItem(name: string, value: string): unknown
  removeItem(name: string): unknown
}

/** Keeps things for as long as the program runs. */
export function memoryStorage() {
  const items = new Map<string, string>()
  return {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string): void => void items.set(name, value),
    removeItem: (name: string): void => void items.delete(name)
  }
}

/** A storage, or how to get at it: some browsers forbid its very name (`SecurityError`), servers do not know it. */
export type StorageSource = KeyValueStorage | null | (() => KeyValueStorage | null | undefined)

/** Where a client keeps its pair. */
export interface TokenStorage {
  readonly storage: KeyValueStorage
  /** What the pair is kept under. */
  readonly itemName: string
  /** What the clients that share the storage know each other by; without it nobody does. */
  readonly sharedName: string | undefined
  /** Whether other tabs share it, too, and see only later what this one writes. */
  readonly isShared: boolean
}

const privateNames = new WeakMap<KeyValueStorage, string>()

/**
 * Where there is no storage, memory takes its place.
 * @param storageName what an application calls a storage that its tabs share
 * @param createName makes a name for one that they do not
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

/** In Node, merely to mention `localStorage` may print a warning. */
function isLocalStorage(storage: KeyValueStorage): boolean {
  const { Storage } = globalThis
  return Storage !== undefined && storage instanceof Storage && openStorage(() => localStorage) === storage
}
