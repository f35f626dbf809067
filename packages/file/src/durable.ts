/**
 * The only file operations that promises rest on: each resolves when its bytes and names are on disk. Syncing is what takes
 * time, so only that leaves the event loop; the calls around it take microseconds and would take longer in another thread.
 */
import { closeSync, fdatasync, fstatSync, fsync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { codeOf, Unconfirmed } from './errors.js'
import { temporaryName } from './layout.js'
import { Pace } from './pace.js'

const PRIVATE_FILE = 0o600

const syncFile = promisify(fsync)
/** Makes the bytes of an open file durable. */
export const syncData = promisify(fdatasync)

async function withFile<T>(path: string, flags: string, work: (fd: number) => Promise<T>): Promise<T> {
  const fd = openSync(path, flags, PRIVATE_FILE)
  try {
    return await work(fd)
  } finally {
    closeSync(fd)
  }
}

/** Syncs that are about to begin. */
const beginning = new Map<string, Promise<void>>()

/**
 * Makes the names in a folder durable: files that were made, renamed or removed there before this call. All who ask before it begins
 * share one sync: the runs of a commit lie in the same folders.
 */
export function syncFolder(folder: string): Promise<void> {
  const shared = beginning.get(folder)
  if (shared !== undefined) return shared
  const sync = nextTurn().then(() => {
    beginning.delete(folder)
    return syncNames(folder)
  })
  beginning.set(folder, sync)
  return sync
}

async function syncNames(folder: string): Promise<void> {
  try {
    await withFile(folder, 'r', syncFile)
  } catch (error) {
    if (!isUnsupported(error)) throw error
  }
}

// Windows opens and syncs no folders; NTFS journals names by itself.
function isUnsupported(error: unknown): boolean {
  return process.platform === 'win32' && ['EPERM', 'EISDIR', 'EACCES', 'EINVAL'].includes(codeOf(error) ?? '')
}

/** Makes what was changed in these folders durable. @throws `Unconfirmed` */
export async function confirmChanges(...folders: string[]): Promise<void> {
  try {
    await allDone(folders.map(syncFolder))
  } catch (cause) {
    throw new Unconfirmed('changed, but not synced', { cause })
  }
}

/** A text, or the bytes of a long one in parts. */
export type Content = string | Iterable<Buffer>

/**
 * Replaces a file as a whole: after a crash it is the old or the new one. `token` keeps writers' temporary files apart.
 * @throws `Unconfirmed` if it was replaced, but may not last
 */
export async function replaceFile(path: string, content: Content, token: string): Promise<void> {
  await placeFile(path, content, token)
  await confirmChanges(dirname(path))
}

/** The same for a file that may be gone after a crash of the machine: only its bytes are on disk, not its name. */
export async function placeFile(path: string, content: Content, token: string): Promise<void> {
  const temporary = temporaryName(path, token)
  try {
    await withFile(temporary, 'w', async (fd) => {
      await writeParts(fd, typeof content === 'string' ? [Buffer.from(content)] : content)
      await syncFile(fd)
    })
    renameSync(temporary, path)
  } catch (error) {
    tryTo(() => rmSync(temporary, { force: true }))
    throw error
  }
}

async function writeParts(fd: number, parts: Iterable<Buffer>): Promise<void> {
  const pace = new Pace()
  let position = 0
  for (const bytes of parts) {
    writeAll(fd, bytes, position)
    position += bytes.length
    if (pace.isDue()) await pace.rest()
  }
}

/** For mending after a failure, which is what is to be told. */
function tryTo(mend: () => void): boolean {
  try {
    mend()
    return true
  } catch {
    return false
  }
}

/**
 * Writes `text` at `position`, which becomes the end of the file, and gives the new size. What stood behind (an unfinished
 * line) is cut off first. `confirm` makes the bytes durable, `folders` got new names and become durable with it. If anything fails, the file is cut back.
 * @throws `Unconfirmed` if it cannot be cut back
 */
export async function appendAt(
  path: string,
  position: number,
  text: string,
  folders: readonly string[] = [],
  confirm: (fd: number) => Promise<void> = syncData,
): Promise<number> {
  const bytes = Buffer.from(text)
  await withFile(path, position === 0 ? 'a' : 'r+', async (fd) => {
    if (fstatSync(fd).size > position) ftruncateSync(fd, position)
    try {
      writeAll(fd, bytes, position)
      await allDone([confirm(fd), ...folders.map(syncFolder)])
    } catch (error) {
      if (tryTo(() => ftruncateSync(fd, position))) throw error
      throw new Unconfirmed('written, but not synced', { cause: error })
    }
  })
  return position + bytes.length
}

/** Writes over what stands there, and makes it durable. What stands behind stays. */
export function writeOver(path: string, position: number, text: string): Promise<void> {
  return withFile(path, 'r+', (fd) => {
    writeAll(fd, Buffer.from(text), position)
    return syncData(fd)
  })
}

/** Waits for all, also after one failed: nothing may still use a file that is about to be cut or closed. */
export async function allDone(works: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === 'rejected') throw result.reason
}

function writeAll(fd: number, bytes: Buffer, position: number): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, position + done)
}
