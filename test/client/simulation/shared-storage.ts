import { type KeyValueStorage, memoryStorage } from '../../../src/client/index.ts'

/** One `localStorage`, and how its tabs see it: at once what they have written themselves, later what others have. */
export function createSharedStorage() {
  const stored = memoryStorage()
  const tabUpdates = new Set<(name: string) => void>()

  /**
   * Opens it in a tab.
   * @param deliver does what it is given when the tab may see what another one has written
   */
  function open(deliver: (update: () => void) => void) {
    const seen = new Map<string, string | null>()
    const listeners = new Set<() => void>()

    function update(name: string) {
      deliver(() => {
        seen.set(name, stored.getItem(name))
        for (const listener of listeners) listener()
      })
    }
    tabUpdates.add(update)

    function notifyOthers(name: string) {
      seen.set(name, stored.getItem(name))
      for (const otherUpdate of tabUpdates) if (otherUpdate !== update) otherUpdate(name)
    }

    const storage: KeyValueStorage = {
      getItem(name) {
        if (!seen.has(name)) seen.set(name, stored.getItem(name))
        return seen.get(name) ?? null
      },
      setItem(name, value) {
        stored.setItem(name, value)
        notifyOthers(name)
      },
      removeItem(name) {
        stored.removeItem(name)
        notifyOthers(name)
      }
    }
    function onStored(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    }
    return { storage, onStored, listeners }
  }
  return { stored, open }
}
