/**
 * The few things that the reference file store does with files. Synchronous, so that nothing of this process comes in between; each
 * is told to a hook first, which may throw in its place: that is how faults are made.
 */
import * as fs from 'node:fs'
import { join } from 'node:path'

/** `lock`: about to take the right to write. `read` a file. `write`, `sync`, `rename`, `remove`: steps of a change. */
export type AccessKind = 'lock' | 'read' | 'write' | 'sync' | 'rename' | 'remove'
export type OnAccess = (kind: AccessKind, name: string) => void

let temporaries = 0

export class Disk {
  readonly folder: string
  /** Says what is about to be done. */
  readonly tell: OnAccess

  constructor(folder: string, onAccess: OnAccess = () => {}) {
    this.folder = folder
    this.tell = onAccess
  }

  make(): void {
    if (fs.existsSync(this.folder)) return
    this.tell('write', '.')
    fs.mkdirSync(this.folder, { recursive: true })
  }

  list(): string[] {
    this.tell('read', '.')
    return fs.readdirSync(this.folder)
  }

  /** Null if there is no such file. */
  read(name: string): Buffer | null {
    this.tell('read', name)
    try {
      return fs.readFileSync(join(this.folder, name))
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null
      throw error
    }
  }

  /** A new file with this content, on disk when it returns; what it is called. */
  writeTemporary(text: string): string {
    const name = `${process.pid}-${++temporaries}.tmp`
    this.tell('write', name)
    fs.writeFileSync(join(this.folder, name), text, { flag: 'wx' })
    this.tell('sync', name)
    this.#sync(name)
    return name
  }

  /** The file takes the place of another one, or a name of its own: at once, whatever happens. */
  rename(from: string, to: string): void {
    this.tell('rename', to)
    fs.renameSync(join(this.folder, from), join(this.folder, to))
  }

  /** Another name for a file, false if there is one of that name: of several who try only one succeeds. */
  link(from: string, to: string): boolean {
    this.tell('lock', to)
    try {
      fs.linkSync(join(this.folder, from), join(this.folder, to))
      return true
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false
      throw error
    }
  }

  /** Makes the names in the folder last. */
  syncNames(): void {
    this.tell('sync', '.')
    // Windows opens no folders; its file systems journal names by themselves.
    if (process.platform !== 'win32') this.#sync('.')
  }

  remove(name: string): void {
    this.tell('remove', name)
    fs.rmSync(join(this.folder, name), { force: true })
  }

  #sync(name: string): void {
    const fd = fs.openSync(join(this.folder, name), name === '.' ? 'r' : 'r+')
    try {
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
  }
}

/** The process that wrote a temporary file, null for other files. */
export function writerOf(name: string): number | null {
  const match = /^(\d+)-\d+\.tmp$/.exec(name)
  return match ? Number(match[1]) : null
}

/** Whether a process has ended. */
export function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    // EPERM: there is such a process, of another user.
    return codeOf(error) === 'ESRCH'
  }
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
