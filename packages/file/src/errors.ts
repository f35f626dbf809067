import { isStateBackendError, messageOf, StateBackendError } from '@flujo-state/core'

/** What to do about what the operating system says. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room, then try again',
  EDQUOT: 'the disk quota is used up: make room, then try again',
  EACCES: 'no permission: give this process read and write access to the folder',
  EPERM: 'not permitted: give this process read and write access to the folder, on a file system that has hard links',
  EROFS: 'the file system is read-only: mount it writable, or choose another folder',
  EEXIST: 'the path is a file, not a folder: choose another path',
  ENOTDIR: 'a part of the path is a file, not a folder: choose another path',
  EMFILE: 'too many open files: raise the limit of open files of this process',
  ENFILE: 'too many open files on this machine: raise its limit',
  ENOENT: 'a file or folder of the store is gone: was it removed by hand? Shut down, then open it again',
  EIO: 'the disk reports an input/output error: check the disk',
  ENAMETOOLONG: 'the path is too long for this file system: choose a shorter folder',
  ENOTSUP: 'this file system has no hard links, which the lock needs: choose a folder on another one',
}

export function codeOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : undefined
}

/** Whether a file or folder was not there. */
export const isMissing = (error: unknown) => codeOf(error) === 'ENOENT'

/** Whether the file system, or this process, is only to read. */
export const isReadOnly = (error: unknown) => ['EROFS', 'EACCES', 'EPERM'].includes(codeOf(error) ?? '')

/** A change that was made, though the disk did not confirm it: it may or may not last. */
export class Unconfirmed extends Error {}

/** What came from the file system as `IO`, saying what to do; our own errors as they are. */
export function asIoError(error: unknown, doing: string): StateBackendError {
  if (isStateBackendError(error)) return error
  if (error instanceof Unconfirmed) return asIoError(error.cause, doing)
  const code = codeOf(error)
  const advice = code === undefined ? undefined : ADVICE[code]
  return new StateBackendError('IO', `${doing} failed: ${advice ?? messageOf(error)}`, { cause: error })
}

/** Why a write failed: `COMMIT_UNKNOWN` if it may have been made all the same. */
export function asWriteError(error: unknown): StateBackendError {
  if (!(error instanceof Unconfirmed)) return asIoError(error, 'writing')
  const { message } = asIoError(error.cause, 'confirming the write')
  return new StateBackendError('COMMIT_UNKNOWN', `${message}. Read before writing again`, { cause: error.cause })
}

/** Stored bytes that cannot be what was written. Nothing was changed. */
export function corrupt(what: string, path: string, runId?: string | null): StateBackendError {
  return new StateBackendError(
    'CORRUPT',
    `${what} in ${path}; the file was left as it is: restore it from a backup, or remove this one record by hand`,
    { runId },
  )
}
