import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FILE, ReferenceFileStore } from '../reference-file.js'

/** Writes a journal that nobody needs and nobody removes. */
export class JournalLeft extends ReferenceFileStore {
  override async close(): Promise<void> {
    await super.close()
    writeFileSync(join(this.disk.folder, `${FILE}-journal`), '')
  }
}
