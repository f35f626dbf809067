/** What only shows when the store is locked or cannot be written: broken forms of the reference file store. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CommitUnit, type Decide, isStateBackendError, StateBackendError, type Write } from '@flujo-state/core'
import { FILE, ReferenceFileStore } from '../reference-file.js'
import { codeOf } from '../reference-file-disk.js'
import { has } from './altered-store.js'

/** Writes the new tables over the old ones, in two halves of which each may fail. */
export class ShortWriteInPlace extends ReferenceFileStore {
  protected override replaceBy(temporary: string): void {
    if (this.disk.read(FILE) === null) super.replaceBy(temporary)
    else this.#overwriteBy(temporary)
  }

  #overwriteBy(temporary: string): void {
    const bytes = this.disk.read(temporary) as Buffer
    this.disk.remove(temporary)
    const path = join(this.disk.folder, FILE)
    this.disk.tell('write', FILE)
    writeFileSync(path, bytes.subarray(0, bytes.length >> 1))
    this.disk.tell('write', FILE)
    appendFileSync(path, bytes.subarray(bytes.length >> 1))
  }
}

export class EmptiedBeforeWriting extends ReferenceFileStore {
  protected override replaceBy(temporary: string): void {
    writeFileSync(join(this.disk.folder, FILE), '')
    super.replaceBy(temporary)
  }
}

export class BusyIsCorrupt extends ReferenceFileStore {
  protected override takeLock(revision: number): string | null {
    try {
      return super.takeLock(revision)
    } catch (cause) {
      if (!isStateBackendError(cause, 'BUSY')) throw cause
      throw new StateBackendError('CORRUPT', 'the store is damaged', { cause })
    }
  }
}

export class BusyIsRebuilt extends ReferenceFileStore {
  protected override takeLock(revision: number): string | null {
    try {
      return super.takeLock(revision)
    } catch (error) {
      if (isStateBackendError(error, 'BUSY')) rmSync(join(this.disk.folder, FILE), { force: true })
      throw error
    }
  }
}

/** A store that says that it has written when this went wrong. */
function silentAbout(...codes: readonly string[]): typeof ReferenceFileStore {
  return class extends ReferenceFileStore {
    protected override save(): void {
      try {
        super.save()
      } catch (error) {
        if (!codes.includes(codeOf(error) ?? '')) throw error
        this.forget()
      }
    }
    protected override takeLock(revision: number): string | null {
      try {
        return super.takeLock(revision)
      } catch (error) {
        if (!codes.includes(codeOf(error) ?? '')) throw error
        return 'none'
      }
    }
  }
}
export const SilentWhenReadOnly = silentAbout('EROFS')
export const SilentWhenFull = silentAbout('ENOSPC')

export class MadeButToldAsIo extends ReferenceFileStore {
  protected override replaceBy(temporary: string): void {
    try {
      super.replaceBy(temporary)
    } catch (error) {
      if (isStateBackendError(error, 'COMMIT_UNKNOWN')) throw error.cause
      throw error
    }
  }
}

/** What it changed in memory stays when the file could not be written. */
export class MemoryAheadOfFile extends ReferenceFileStore {
  #isSaving = false
  protected override save(): void {
    this.#isSaving = true
    super.save()
    this.#isSaving = false
  }
  protected override forget(): void {
    if (!this.#isSaving) super.forget()
  }
  protected override load(): void {
    if (!this.#isSaving) super.load()
  }
}

export class PoisonedByFailure extends ReferenceFileStore {
  #failure: unknown = null
  protected override async exclusively<T>(work: () => T): Promise<T> {
    if (this.#failure !== null) throw this.#failure
    try {
      return await super.exclusively(work)
    } catch (error) {
      this.#failure = error
      throw error
    }
  }
}

export class OpeningTriedOnce extends ReferenceFileStore {
  #opening: Promise<void> | null = null
  override open() {
    this.#opening ??= Promise.resolve(super.open())
    return this.#opening
  }
}

export class LockKeptAfterFailure extends ReferenceFileStore {
  #hasFailed = false
  protected override save(): void {
    this.#hasFailed = true
    super.save()
    this.#hasFailed = false
  }
  protected override takeLock(revision: number): string | null {
    if (this.#hasFailed) throw new StateBackendError('BUSY', 'the lock is held')
    return super.takeLock(revision)
  }
}

/** A run is deleted in two steps, each a commit. */
export class DeletedInTwoSteps extends ReferenceFileStore {
  override async commit(units: readonly CommitUnit[], decide: Decide) {
    const runIds = new Set(units.filter((unit) => has(unit, 'delete-run')).map(({ runId }) => runId))
    if (runIds.size > 0)
      await this.exclusively(() => {
        const { tables } = this
        tables.steps = tables.steps.filter(({ runId }) => !runIds.has(runId))
        tables.histories = tables.histories.filter(({ runId }) => !runIds.has(runId))
        this.save()
      })
    return super.commit(units, decide)
  }
}

/** The first write of a unit is saved before the others. */
export class FirstWriteAlone extends ReferenceFileStore {
  protected override apply(write: Write): void {
    super.apply(write)
    if (write.kind !== 'put-step' && write.kind !== 'patch-run') return
    this.save()
    this.load()
  }
}

/** The file is written anew at the end. */
export class RewrittenWhenClosed extends ReferenceFileStore {
  override close(): void {
    const path = join(this.disk.folder, FILE)
    const bytes = this.disk.read(FILE)
    if (bytes === null) return
    writeFileSync(path, '')
    try {
      this.disk.tell('write', FILE)
    } catch (cause) {
      throw new StateBackendError('IO', 'the file cannot be written', { cause })
    }
    writeFileSync(path, bytes)
  }
}
