/**
 * The folder of a run: a checkpoint and the log since then. What may be found after a crash, at whatever point:
 *
 * - an unfinished last line: no data, cut off by the next commit;
 * - a checkpoint's temporary file: never looked at, swept;
 * - a new checkpoint beside the log it contains (not removed yet): the checkpoint names the next log, the old one is ignored and
 *   removed by the next checkpoint;
 * - a folder in the trash: deleted, whatever is left in it.
 */
import { statSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { applyWrite, emptyImage, type RunImage, type Write } from '@flujo-state/core'
import fs from 'fs-extra'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js'
import { appendAt, replaceFile, syncFolder } from './durable.js'
import { corrupt, isMissing } from './errors.js'
import { CHECKPOINT, generationOf, logName } from './layout.js'
import { logLine, readLog } from './log.js'
import type { PayloadForm } from './record-text.js'

/** A log shorter than this is never worth a checkpoint; a longer one is when it is larger than the checkpoint before. */
const SMALL_LOG = 64 * 1024

/** A run as it was read: its image and the files that say so. */
export interface StoredRun {
  readonly runId: string
  readonly image: RunImage
  generation: number
  /** Bytes of whole lines in the log. */
  logSize: number
  checkpointSize: number
  /** Which bytes were read, see `stampOf`. */
  stamp: string
}

async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

/**
 * Tells whether a run's files are still those that were read: the log that is written to, else the checkpoint. Null if there
 * is neither. Synchronous: it takes microseconds, and nothing can change between the answer and its use.
 */
export function stampOf(folder: string, generation: number): string | null {
  return stampFile(folder, logName(generation)) ?? stampFile(folder, CHECKPOINT)
}

function stampFile(folder: string, name: string): string | null {
  const file = statSync(join(folder, name), { bigint: true, throwIfNoEntry: false })
  return file === undefined ? null : `${name}:${file.ino}:${file.size}:${file.mtimeNs}`
}

/** Reads a run without any lock; null if there is none. @throws `CORRUPT` */
export async function readRun(folder: string, expectedId: string | null): Promise<StoredRun | null> {
  for (;;) {
    const checkpoint = await readCheckpointFile(folder)
    const generation = checkpoint?.generation ?? 0
    const path = join(folder, logName(generation))
    const stamp = stampOf(folder, generation)
    const bytes = await readIfThere(path)
    // A log that is not there may just have been replaced by a checkpoint, or its run deleted: then begin anew.
    if (bytes === null && ((await readCheckpointFile(folder))?.generation ?? 0) !== generation) continue
    if (bytes === null && checkpoint === null) return await missingRun(folder)
    const run = replay(checkpoint, bytes, path, generation, stamp ?? '')
    if (run === null) return null
    if (expectedId !== null && run.runId !== expectedId)
      throw corrupt(`the files are of run '${run.runId}', not of '${expectedId}'`, folder, expectedId)
    return run
  }
}

type SizedCheckpoint = Checkpoint & { readonly size: number }

async function readCheckpointFile(folder: string): Promise<SizedCheckpoint | null> {
  const path = join(folder, CHECKPOINT)
  const bytes = await readIfThere(path)
  return bytes && { ...readCheckpoint(bytes.toString(), path), size: bytes.length }
}

// A later log without its checkpoint means that the checkpoint was lost.
async function missingRun(folder: string): Promise<null> {
  const names = await namesIn(folder)
  const later = names.find((name) => (generationOf(name) ?? 0) > 0)
  if (later !== undefined && !names.includes(CHECKPOINT) && !names.includes(logName(0)))
    throw corrupt(`there is '${later}', but not the checkpoint it goes on from,`, folder)
  return null
}

/** The names in a folder, none if it is not there. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await fs.readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function replay(
  checkpoint: SizedCheckpoint | null,
  bytes: Buffer | null,
  path: string,
  generation: number,
  stamp: string,
): StoredRun | null {
  const log = bytes && readLog(bytes, path)
  const runId = checkpoint?.runId ?? log?.runId ?? null
  if (runId === null) return null
  if (log?.runId != null && log.runId !== runId)
    throw corrupt(`the log is of run '${log.runId}', not of '${runId}'`, path, runId)
  const image = checkpoint?.image ?? emptyImage()
  for (const write of log?.writes ?? []) applyWrite(image, write)
  return { runId, image, generation, logSize: log?.size ?? 0, checkpointSize: checkpoint?.size ?? 0, stamp }
}

/** A run that has no files yet. */
export function newRun(runId: string): StoredRun {
  return { runId, image: emptyImage(), generation: 0, logSize: 0, checkpointSize: 0, stamp: '' }
}

/** Makes a commit durable. The image has it already. Called under the lock. */
export async function appendCommit(
  folder: string,
  run: StoredRun,
  writes: readonly Write[],
  form: PayloadForm,
): Promise<void> {
  const isNewFolder = run.stamp === ''
  if (isNewFolder) await fs.ensureDir(folder, 0o700)
  const path = join(folder, logName(run.generation))
  const isNewLog = run.logSize === 0
  run.logSize = await appendAt(path, run.logSize, logLine(run.runId, writes, form))
  if (isNewLog) await syncFolder(folder)
  if (isNewFolder) await Promise.all([syncFolder(dirname(folder)), syncFolder(dirname(dirname(folder)))])
}

/** Whether the log has grown so long that a checkpoint pays: so the cost of checkpoints per commit stays constant. */
export function wantsCheckpoint(run: StoredRun): boolean {
  return run.logSize > Math.max(SMALL_LOG, run.checkpointSize)
}

/** Writes a checkpoint and begins the next log. Called under the lock. */
export async function makeCheckpoint(folder: string, run: StoredRun, form: PayloadForm, token: string): Promise<void> {
  const generation = run.generation + 1
  const text = writeCheckpoint({ runId: run.runId, generation, image: run.image }, form)
  await replaceFile(join(folder, CHECKPOINT), text, token)
  Object.assign(run, { generation, logSize: 0, checkpointSize: Buffer.byteLength(text) })
  for (const name of await fs.readdir(folder)) {
    const old = generationOf(name)
    if (old !== null && old < generation) await fs.remove(join(folder, name))
  }
}

/** Takes a run away, at once and durably; what is in the trash is no data any more. */
export async function discardRun(folder: string, trashed: string): Promise<void> {
  try {
    await rename(folder, trashed)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  await Promise.all([syncFolder(dirname(folder)), syncFolder(dirname(trashed))])
}
