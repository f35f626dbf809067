/**
 * Makes Node's file system fail for paths below a folder. To be imported before anything that takes functions of `node:fs` for
 * itself: what they take are then these.
 */
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { resolve, sep } from 'node:path'

/** `take`: makes a name or writes bytes, so it needs space. `give`: removes names or bytes. `sync`: to the disk. */
export type FsAccess = 'read' | 'take' | 'give' | 'sync'

/** Throws in place of the access. A number: so many bytes are still written. */
export type OnFsAccess = (access: FsAccess, bytes: number) => number | undefined

const watched = new Map<string, OnFsAccess>()
const paths = new Map<number, string>()

/** Tells of every access to a path below the folder, before it is made. */
export function watchFolder(folder: string, onAccess: OnFsAccess): void {
  watched.set(resolve(folder) + sep, onAccess)
}

export function unwatchFolder(folder: string): void {
  watched.delete(resolve(folder) + sep)
}

function tell(path: unknown, access: FsAccess, bytes = 0): number | undefined {
  if (watched.size === 0) return
  const named = typeof path === 'number' ? paths.get(path) : path
  if (typeof named !== 'string') return
  const whole = resolve(named)
  for (const [folder, onAccess] of watched)
    if (whole.startsWith(folder) || `${whole}${sep}` === folder) return onAccess(access, bytes)
}

type Function = (...args: unknown[]) => unknown
type Members = Record<string, Function>

const accessOfOpen = (flags: unknown): FsAccess =>
  flags === undefined || flags === 'r' || flags === fs.constants.O_RDONLY ? 'read' : 'take'

/** What each function does to its first argument; `link` and `rename` are told of by the second. */
const ACCESSES: Readonly<Record<string, FsAccess>> = {
  ...{ access: 'read', lstat: 'read', opendir: 'read', readdir: 'read', readFile: 'read', stat: 'read', read: 'read' },
  ...{ appendFile: 'take', copyFile: 'take', mkdir: 'take', rename: 'take', link: 'take', write: 'take' },
  ...{ writeFile: 'take', rm: 'give', rmdir: 'give', unlink: 'give', truncate: 'give', ftruncate: 'give' },
  ...{ fsync: 'sync', fdatasync: 'sync', fstat: 'read' },
} as const
const TOLD_BY_TARGET = ['rename', 'link', 'copyFile']
const WRITES_BYTES = ['write', 'writeFile', 'appendFile']

function accessOf(name: string, args: readonly unknown[]): FsAccess | undefined {
  return name === 'open' ? accessOfOpen(args[1]) : ACCESSES[name]
}

/** The call with as many bytes as there is room for, or as it is. */
function told(name: string, args: readonly unknown[]): readonly unknown[] {
  const access = accessOf(name, args)
  // What is there need not be made, whatever the file system allows.
  if (access === undefined || watched.size === 0 || (name === 'mkdir' && fs.existsSync(String(args[0])))) return args
  const bytes = WRITES_BYTES.includes(name) ? sizeOf(args) : 0
  const room = tell(args[TOLD_BY_TARGET.includes(name) ? 1 : 0], access, bytes)
  return room === undefined ? args : shortened(name, args, room)
}

function sizeOf([, data, , length]: readonly unknown[]): number {
  if (typeof length === 'number') return length
  return typeof data === 'string' ? Buffer.byteLength(data) : data instanceof Uint8Array ? data.length : 0
}

function shortened(name: string, args: readonly unknown[], room: number): readonly unknown[] {
  const [target, data, offset, , ...rest] = args
  if (name === 'write') return [target, data, offset ?? 0, room, ...rest]
  const bytes = typeof data === 'string' ? Buffer.from(data) : (data as Uint8Array)
  return [target, bytes.subarray(0, room), ...args.slice(2)]
}

/** Replaces the functions of one form: with a callback, synchronous, or with a promise. */
function wrap(members: Members, suffix: '' | 'Sync', call: (original: Function, name: string) => Function): void {
  for (const name of ['open', ...Object.keys(ACCESSES)]) {
    const original = members[`${name}${suffix}`]
    if (original !== undefined) members[`${name}${suffix}`] = call(original, name)
  }
}

const isWhole = (name: string) => name === 'writeFile' || name === 'appendFile'
const noSpace = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })

wrap(fs as unknown as Members, 'Sync', (original, name) => (...args) => {
  const given = told(name, args)
  const result = original(...given)
  if (name === 'open') paths.set(result as number, String(args[0]))
  if (given !== args && isWhole(name)) throw noSpace()
  return result
})

wrap(fs as unknown as Members, '', (original, name) => {
  const replaced: Function = (...args) => {
    const callback = args.at(-1) as (error: unknown) => void
    try {
      told(name, args)
    } catch (error) {
      return process.nextTick(callback, error)
    }
    return original(...args)
  }
  return Object.assign(replaced, original)
})

wrap(fs.promises as unknown as Members, '', (original, name) => async (...args) => {
  told(name, args)
  const result = await original(...args)
  if (name === 'open') watchHandle(result as object, resolve(String(args[0])))
  return result
})

const HANDLE: Readonly<Record<string, FsAccess>> = {
  ...{ read: 'read', readFile: 'read', stat: 'read', write: 'take', writeFile: 'take', appendFile: 'take' },
  ...{ sync: 'sync', datasync: 'sync', truncate: 'give' },
} as const

function watchHandle(handle: object, path: string): void {
  for (const [name, access] of Object.entries(HANDLE)) {
    const original = Reflect.get(handle, name) as Function
    const replaced: Function = async (...args) => {
      tell(path, access)
      return original.apply(handle, args)
    }
    Object.defineProperty(handle, name, { value: replaced })
  }
}

const closeSync = fs.closeSync
fs.closeSync = (fd) => {
  paths.delete(fd)
  closeSync(fd)
}
syncBuiltinESMExports()
