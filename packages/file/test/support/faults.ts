import { linkSync, rmSync, writeFileSync } from 'node:fs'
import type { FaultKind, Faults } from '@flujo-state/conformance'
import { Layout } from '../../src/layout.js'
import { newIdentity } from '../../src/process-identity.js'
import { type FsAccess, watchFolder } from './fs-faults.js'

/** What fails, and what the operating system says then. */
const FAILING: Readonly<Record<Exclude<FaultKind, 'busy'>, { readonly accesses: readonly FsAccess[]; code: string }>> =
  {
    full: { accesses: ['take', 'sync'], code: 'ENOSPC' },
    io: { accesses: ['read', 'take', 'give', 'sync'], code: 'EIO' },
    readonly: { accesses: ['take', 'give'], code: 'EROFS' },
  }

/** Faults of the file system below a folder: real errors of Node's `fs`, and a lock that a living process holds. */
export class FolderFaults implements Faults {
  readonly kinds = ['busy', 'full', 'io', 'readonly'] as const
  readonly #layout: Layout
  #failing: { readonly kind: FaultKind; left: number; hasRoom: boolean } | null = null
  /** The parent process: alive for as long as this one. */
  readonly #holder = { ...newIdentity(), pid: process.ppid, started: '' }
  #isActing = false
  #holdsLock = false

  constructor(folder: string) {
    this.#layout = new Layout(folder)
    watchFolder(folder, (access, bytes) => this.#onAccess(access, bytes))
  }

  failNext(kind: FaultKind, after = 0): void {
    this.#failing = { kind, left: after, hasRoom: kind === 'full' }
    if (kind === 'busy' && after === 0) this.#hold()
  }

  clear(): void {
    this.#failing = null
    if (!this.#holdsLock) return
    this.#holdsLock = false
    rmSync(this.#layout.lock(1), { force: true })
    rmSync(this.#layout.user(this.#holder.token), { force: true })
  }

  #onAccess(access: FsAccess, bytes: number): number | undefined {
    const failing = this.#failing
    if (failing === null || this.#isActing) return
    if (failing.kind === 'busy') {
      if (!this.#holdsLock && failing.left-- <= 0) this.#hold()
      return
    }
    const { accesses, code } = FAILING[failing.kind]
    if (!accesses.includes(access) || failing.left-- > 0) return
    if (failing.hasRoom && bytes > 1) {
      // A write that does not fit is cut short first.
      failing.hasRoom = false
      return bytes >> 1
    }
    throw Object.assign(new Error(`${code}: made by a test`), { code })
  }

  /** Takes the lock, unless the backend has it just now: then at the next access. */
  #hold(): void {
    this.#isActing = true
    try {
      writeFileSync(this.#layout.user(this.#holder.token), JSON.stringify(this.#holder))
      linkSync(this.#layout.user(this.#holder.token), this.#layout.lock(1))
      this.#holdsLock = true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // ENOENT: there is no store yet.
      if (code !== 'EEXIST' && code !== 'ENOENT') throw error
      rmSync(this.#layout.user(this.#holder.token), { force: true })
    } finally {
      this.#isActing = false
    }
  }
}
