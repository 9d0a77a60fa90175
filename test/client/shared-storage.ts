import { type KeyValueStorage, memoryStorage } from '../../src/client/index.ts'

/** One `localStorage`, and how its tabs see it: at once what they have written themselves, later what others have. */
export function sharedStorage() {
  const stored = memoryStorage()
  const updates = new Set<(name: string) => void>()

  /**
   * Opens it in a tab.
   * @param carry does what it is given when the tab may see what another one has written
   */
  function open(carry: (update: () => void) => void) {
    const seen = new Map<string, string | null>()
    const listeners = new Set<() => void>()

    function update(name: string) {
      carry(() => {
        seen.set(name, stored.getItem(name))
        for (const heard of listeners) heard()
      })
    }
    updates.add(update)

    function tell(name: string) {
      seen.set(name, stored.getItem(name))
      for (const other of updates) if (other !== update) other(name)
    }

    const storage: KeyValueStorage = {
      getItem(name) {
        if (!seen.has(name)) seen.set(name, stored.getItem(name))
        return seen.get(name) ?? null
      },
      setItem(name, value) {
        stored.setItem(name, value)
        tell(name)
      },
      removeItem(name) {
        stored.removeItem(name)
        tell(name)
      }
    }
    function onStored(heard: () => void) {
      listeners.add(heard)
      return () => listeners.delete(heard)
    }
    return { storage, onStored, listeners }
  }
  return { stored, open }
}
