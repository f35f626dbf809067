/**
 * The right to make the next revision of a file, for one of several processes.
 *
 * Each revision has locks of its own, `lock-<revision>-<attempt>`: a hard link to a file that holds the process id, so it appears at
 * once and whole. The second attempt is made only when the holder of the first is dead, the third when that of the second is, and so
 * on; so a dead holder's lock is never removed while the revision is unmade, and only one process can hold the last. Whoever has
 * one looks whether the revision is still to be made: if not, somebody was faster and has taken his locks away.
 */
import { type Disk, hasEnded, writerOf } from './reference-file-disk.js'

const LOCK = /^lock-(\d+)-\d+$/

export class RevisionLock {
  readonly #disk: Disk
  readonly #isDead: (pid: number) => boolean

  constructor(disk: Disk, isDead: (pid: number) => boolean = hasEnded) {
    this.#disk = disk
    this.#isDead = isDead
  }

  /** The name of the lock that this process now holds, null if another one does. */
  take(revision: number): string | null {
    const identity = this.#disk.writeTemporary(String(process.pid))
    try {
      for (let attempt = 1; ; attempt++) {
        const name = `lock-${revision}-${attempt}`
        if (this.#disk.link(identity, name)) return name
        const holder = this.#disk.read(name)
        // It was released just now.
        if (holder === null) return null
        // This process could not remove it when it was done.
        if (Number(holder) === process.pid) return name
        if (!this.#isDead(Number(holder))) return null
      }
    } finally {
      this.#removeIdentity(identity)
    }
  }

  #removeIdentity(name: string): void {
    try {
      this.#disk.remove(name)
    } catch {
      // It is swept some time.
    }
  }

  release(name: string): void {
    this.#disk.remove(name)
  }

  /** Removes the locks of revisions that are made, and what was left unfinished: nobody of this process is at work meanwhile. */
  sweep(revision: number): void {
    for (const name of this.#disk.list()) {
      const writer = writerOf(name)
      const isOldLock = Number(LOCK.exec(name)?.[1] ?? Number.POSITIVE_INFINITY) <= revision
      const isLeftOver = writer !== null && (writer === process.pid || this.#isDead(writer))
      if (isOldLock || isLeftOver) this.#disk.remove(name)
    }
  }
}
