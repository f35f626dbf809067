import fs from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

let count = 0

/** How many fsyncs and fdatasyncs of files this process has asked for since `countSyncs`; SQLite's own are not among them. */
export const syncsSoFar = (): number => count

/** Counts from now on. Call it before anything is imported that might keep one of these functions for itself. */
export function countSyncs(): void {
  const counted = <F extends (...args: never[]) => unknown>(original: F): F =>
    ((...args: Parameters<F>) => {
      count += 1
      return original(...args)
    }) as F
  const { open } = promises
  Object.assign(fs, {
    fsync: counted(fs.fsync),
    fdatasync: counted(fs.fdatasync),
    fsyncSync: counted(fs.fsyncSync),
    fdatasyncSync: counted(fs.fdatasyncSync),
  })
  promises.open = async (...args) => {
    const handle = await open(...args)
    handle.sync = counted(handle.sync.bind(handle))
    handle.datasync = counted(handle.datasync.bind(handle))
    return handle
  }
  // What is imported from `node:fs` by name follows.
  syncBuiltinESMExports()
}
