import { statfs } from 'node:fs/promises'
import { arch, availableParallelism, cpus, loadavg, platform, totalmem } from 'node:os'
import Database from 'better-sqlite3'

/** What the figures depend on. Names no host, no user and no path. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly platform: string
  readonly node: string
  readonly sqlite: string
  /** Whether the files lie in memory, where an fsync costs nothing and says nothing; null where that cannot be told. */
  readonly filesInMemory: boolean | null
  /** Processes that wanted a core in the minute before: well below the number of cores on an idle machine. */
  readonly loadBefore: number
  readonly date: string
}

const TMPFS = 0x01021994
const RAMFS = 0x858458f6

export async function describeMachine(folder: string): Promise<Machine> {
  const { type } = await statfs(folder)
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${platform()} ${arch()}`,
    node: process.versions.node,
    sqlite: sqliteVersion(),
    filesInMemory: platform() === 'linux' ? type === TMPFS || type === RAMFS : null,
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    date: new Date().toISOString(),
  }
}

function sqliteVersion(): string {
  const database = new Database(':memory:')
  try {
    return String(database.prepare('SELECT sqlite_version()').pluck().get())
  } finally {
    database.close()
  }
}
