/**
 * Makes the ends of many logs durable by one sync. Lines that are appended to several logs in the same turn are written once more, into
 * the journal of this instance, and only that is synced. Until the logs are synced themselves, a machine that dies can lose their
 * ends; whoever opens the store next puts them back (`recovery.ts`).
 *
 * What goes into the journal is only the further lines of logs whose names and earlier lines are on disk, or in a journal.
 */
import { closeSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { appendAt, syncData } from './durable.js'
import { isMissing } from './errors.js'
import { inFolder, type Layout } from './layout.js'
import { readLine, writeLine } from './record-text.js'

/** A line that was appended to a log. */
export interface LogEnd {
  /** Path of the log below the store's folder. */
  readonly log: string
  /** Where the line begins. */
  readonly at: number
  /** The checksum of the line before: it says that this is the log the line belongs to, and not a later one of the same name. */
  readonly after: string
  readonly line: string
}

interface Waiting {
  readonly end: LogEnd
  readonly fd: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Fewer logs are synced themselves. */
const FEW = 4
/** A longer line is not worth writing twice: its log is synced itself. */
const LONG_LINE = 64 * 1024
/** A journal that has grown longer than this is followed by the next one. */
const MAX_BYTES = 4 * 1024 * 1024

export class Journal {
  readonly #layout: Layout
  readonly #token: string
  #waiting: Waiting[] = []
  /** Whether more is to come, or what came is being written. */
  #isBusy = false
  #number = 0
  #size = 0
  /** Logs that nothing but the present journal has confirmed. */
  #logs = new Set<string>()
  /** The end of the journal before. */
  #settling: Promise<void> = Promise.resolve()

  constructor(layout: Layout, token: string) {
    this.#layout = layout
    this.#token = token
  }

  /** All that is to be confirmed while `work` lasts shares a sync, which begins when it ends. */
  async gather(work: () => Promise<void>): Promise<void> {
    this.#isBusy = true
    try {
      await work()
    } finally {
      void this.#write()
    }
  }

  /** Resolves when the line, which was just written to the open log `fd`, is durable. `end.log` is the log's path. */
  confirm({ log, ...end }: LogEnd, fd: number): Promise<void> {
    if (end.line.length > LONG_LINE) return syncData(fd)
    return new Promise((resolve, reject) => {
      this.#waiting.push({ end: { ...end, log: log.slice(this.#layout.root.length + 1) }, fd, resolve, reject })
      if (!this.#isBusy) void this.#write()
    })
  }

  async #write(): Promise<void> {
    this.#isBusy = true
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      if (group.length < FEW)
        await Promise.all(group.map(({ fd, resolve, reject }) => syncData(fd).then(resolve, reject)))
      else await this.#writeGroup(group)
    }
    this.#isBusy = false
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    try {
      await this.#append(group.map(({ end }) => end))
      for (const { resolve } of group) resolve()
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  async #append(ends: readonly LogEnd[]): Promise<void> {
    if (this.#size > MAX_BYTES) {
      await this.#settling
      // What cannot be synced now keeps its journal, which the next process takes over.
      this.#settling = this.#settle().catch(() => undefined)
    }
    const path = this.#layout.journal(this.#token, this.#number)
    const folders = this.#size === 0 ? [dirname(path)] : []
    this.#size = await appendAt(path, this.#size, groupText(ends), folders)
    for (const { log } of ends) this.#logs.add(log)
  }

  /** Begins the next journal. The present one goes as soon as its logs are synced, one after the other: others need the disk too. */
  async #settle(): Promise<void> {
    const path = this.#layout.journal(this.#token, this.#number)
    const logs = this.#logs
    this.#number += 1
    this.#size = 0
    this.#logs = new Set()
    for (const log of logs) await syncLog(inFolder(this.#layout.root, log))
    rmSync(path, { force: true })
  }

  /** Leaves nothing to others. To be called when nothing is written any more. */
  async close(): Promise<void> {
    await this.#settling
    if (this.#size > 0) await this.#settle()
  }
}

/** A log that is gone is part of a checkpoint, or of a run that was deleted. */
export async function syncLog(path: string): Promise<void> {
  let fd: number
  try {
    fd = openSync(path, 'r+')
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  try {
    await syncData(fd)
  } finally {
    closeSync(fd)
  }
}

/** A line that says what follows, then the lines of the logs as they are. */
function groupText(ends: readonly LogEnd[]): string {
  const heads = ends.map(({ log, at, after, line }) => [log, at, after, Buffer.byteLength(line)])
  return writeLine({ heads }, 'text') + ends.map(({ line }) => line).join('')
}

const NEWLINE = 10

/** The lines of a journal, up to one that was not finished. */
export function readJournal(bytes: Buffer): LogEnd[] {
  const ends: LogEnd[] = []
  for (let begin = 0, end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, begin)) {
    const group = readLine(bytes.toString('utf8', begin, end))
    if (group === null) break
    begin = end + 1
    for (const [log, at, after, length] of group.heads as [string, number, string, number][]) {
      ends.push({ log, at, after, line: bytes.toString('utf8', begin, begin + length) })
      begin += length
    }
  }
  return ends
}
