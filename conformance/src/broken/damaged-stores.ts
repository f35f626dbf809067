/** What only shows when files are damaged or looked at: broken forms of the reference file store. */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isStateBackendError, StateBackendError, type Write } from '@flujo-state/core'
import { FILE, ReferenceFileStore } from '../reference-file.js'
import { Tables } from '../reference-store.js'

export class TornIsNothing extends ReferenceFileStore {
  protected override parse(bytes: Buffer) {
    try {
      return super.parse(bytes)
    } catch {
      return { revision: 0, tables: new Tables() }
    }
  }
}

/** What cannot be read of the tables is filled in. */
export class DamageFilledIn extends ReferenceFileStore {
  protected override parse(bytes: Buffer) {
    try {
      return super.parse(bytes)
    } catch {
      const systemStates = [{ key: 'a', value: '{}', updatedAt: 0 }]
      return { revision: 0, tables: Object.assign(new Tables(), { systemStates }) }
    }
  }
}

export class DamagedFileMovedAside extends ReferenceFileStore {
  protected override parse(bytes: Buffer) {
    try {
      return super.parse(bytes)
    } catch (error) {
      renameSync(join(this.disk.folder, FILE), join(this.disk.folder, `${FILE}.damaged`))
      throw error
    }
  }
}

export class DamageIsIo extends ReferenceFileStore {
  protected override parse(bytes: Buffer) {
    try {
      return super.parse(bytes)
    } catch (cause) {
      throw new StateBackendError('IO', 'the file cannot be read', { cause })
    }
  }
}

/** A copy of every system state and snapshot for people to look at, under its own name. */
export class NamedByRawIds extends ReferenceFileStore {
  protected override apply(write: Write): void {
    super.apply(write)
    if (write.kind === 'put-state') this.#copy(write.row.runId, write.row)
    else if (write.kind === 'put-system-state') this.#copy(write.row.key, write.row)
  }
  #copy(id: string, row: unknown): void {
    try {
      writeFileSync(join(this.disk.folder, `${id}.json`), JSON.stringify(row))
    } catch {
      // Some names are not allowed here.
    }
  }
}

export class ReadsAreCounted extends ReferenceFileStore {
  override readState(runId: string) {
    return this.exclusively(() => {
      this.save()
      this.load()
    }).then(() => super.readState(runId))
  }
}

/** A damaged file is replaced by an empty one at the next opening. */
export class RebuiltWhenOpened extends ReferenceFileStore {
  override async open(): Promise<void> {
    try {
      await super.open()
    } catch (error) {
      if (!isStateBackendError(error, 'CORRUPT')) throw error
      rmSync(join(this.disk.folder, FILE))
      await super.open()
    }
  }
}

/** A file for each run, of which a single damaged one makes all unreadable. */
export class AllOrNothing extends ReferenceFileStore {
  protected override apply(write: Write): void {
    super.apply(write)
    if (write.kind !== 'put-state') return
    const name = `${Buffer.from(write.row.runId).toString('hex')}.run`
    writeFileSync(join(this.disk.folder, name), 'sound')
  }
  protected override load(): void {
    super.load()
    const isSound = (name: string) => !name.endsWith('.run') || this.disk.read(name)?.toString() === 'sound'
    if (!this.disk.list().every(isSound)) throw new StateBackendError('CORRUPT', 'a run is damaged')
  }
}
