import { statSync } from 'node:fs'

const getMode = (path: string) => statSync(path, { throwIfNoEntry: false })?.mode ?? 0

export const isReadableByOthers = (file: string) => (getMode(file) & 0o077) !== 0

/** Whoever may write to a folder can replace the files in it. */
export const isWritableByOthers = (folder: string) => (getMode(folder) & 0o022) !== 0
