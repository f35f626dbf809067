/**
 * The folder of a run: a checkpoint and the log since then. What may be found after a crash, at whatever point:
 *
 * - an unfinished last line: no data, cut off by the next commit;
 * - a checkpoint's temporary file: never looked at, swept;
 * - a new checkpoint beside the log it contains (not removed yet): the checkpoint names the next log, the old one is ignored and
 *   removed by the next checkpoint;
 * - a folder in the trash: deleted, whatever is left in it.
 */
import { existsSync, statSync } from 'node:fs'
import { readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { applyWrite, emptyImage, type RunImage, StateBackendError, type Write } from '@flujo-state/core'
import fs from 'fs-extra'
import { type Checkpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js'
import { appendAt, confirmChanges, replaceFile } from './durable.js'
import { corrupt, isMissing } from './errors.js'
import { CHECKPOINT, generationOf, isTemporary, logName } from './layout.js'
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
 * Tells whether a run's files are still those that were read: the checkpoint and the log that goes on from it. Null if there
 * is neither. Synchronous: it takes microseconds, and nothing can change between the answer and its use.
 */
export function stampOf(folder: string, generation: number): string | null {
  return joinStamps(stampFile(folder, CHECKPOINT), stampFile(folder, logName(generation)))
}

function joinStamps(checkpoint: string | null, log: string | null): string | null {
  return checkpoint === null && log === null ? null : `${checkpoint} ${log}`
}

function stampFile(folder: string, name: string): string | null {
  const file = statSync(join(folder, name), { bigint: true, throwIfNoEntry: false })
  return file === undefined ? null : `${name}:${file.ino}:${file.size}:${file.mtimeNs}`
}

/** So often a run that changes while it is read is read again. */
const MAX_ATTEMPTS = 100

/** Reads a run without any lock; null if there is none. @throws `CORRUPT`, `BUSY` if it never stays as it is for long enough */
export async function readRun(folder: string, expectedId: string | null): Promise<StoredRun | null> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const run = await tryToRead(folder, expectedId)
    if (run === 'changed') continue
    if (run !== null && expectedId !== null && run.runId !== expectedId)
      throw corrupt(`the files are of run '${run.runId}', not of '${expectedId}'`, folder, expectedId)
    return run
  }
  throw new StateBackendError('BUSY', `the files in ${folder} change all the time; try again`, { runId: expectedId })
}

/** Stamps are taken before the bytes are read, so that a change in between shows as a difference later. */
async function tryToRead(folder: string, expectedId: string | null): Promise<StoredRun | null | 'changed'> {
  const checkpointStamp = stampFile(folder, CHECKPOINT)
  const checkpoint = await readCheckpointFile(folder, expectedId)
  const generation = checkpoint?.generation ?? 0
  const path = join(folder, logName(generation))
  const logStamp = stampFile(folder, logName(generation))
  const bytes = await readIfThere(path)
  if (checkpoint === null && (await hasCheckpointNow(folder, expectedId))) return 'changed'
  // A log that is not there may just have been replaced by a checkpoint, or its run deleted.
  if (bytes === null && stampFile(folder, CHECKPOINT) !== checkpointStamp) return 'changed'
  try {
    return replay(checkpoint, bytes, path, expectedId, joinStamps(checkpointStamp, logStamp) ?? '')
  } catch (error) {
    // A torn line may have been cut off and written over while it was read.
    if (stampFile(folder, logName(generation)) !== logStamp) return 'changed'
    throw error
  }
}

type SizedCheckpoint = Checkpoint & { readonly size: number }

async function readCheckpointFile(folder: string, expectedId: string | null): Promise<SizedCheckpoint | null> {
  const path = join(folder, CHECKPOINT)
  const bytes = await readIfThere(path)
  return bytes && { ...readCheckpoint(bytes.toString(), path, expectedId), size: bytes.length }
}

/** @throws `CORRUPT` for a later log without its checkpoint: that was lost */
async function hasCheckpointNow(folder: string, expectedId: string | null): Promise<boolean> {
  const names = await namesIn(folder)
  if (names.includes(CHECKPOINT)) return true
  const later = names.find((name) => (generationOf(name) ?? 0) > 0)
  if (later === undefined) return false
  throw corrupt(`there is '${later}', but not the checkpoint it goes on from,`, folder, expectedId)
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
  expectedId: string | null,
  stamp: string,
): StoredRun | null {
  const log = bytes && readLog(bytes, path, checkpoint?.runId ?? expectedId)
  const runId = checkpoint?.runId ?? log?.runId ?? null
  if (runId === null) return null
  if (log?.runId != null && log.runId !== runId)
    throw corrupt(`the log is of run '${log.runId}', not of '${runId}'`, path, runId)
  const image = checkpoint?.image ?? emptyImage()
  for (const write of log?.writes ?? []) applyWrite(image, write)
  const generation = checkpoint?.generation ?? 0
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
  const newNamesIn = [
    ...(run.logSize === 0 ? [folder] : []),
    ...(isNewFolder ? [dirname(folder), dirname(dirname(folder))] : []),
  ]
  run.logSize = await appendAt(path, run.logSize, logLine(run.runId, writes, form), newNamesIn)
}

/** Whether the log has grown so long that a checkpoint pays: so the cost of checkpoints per commit stays constant. */
export function wantsCheckpoint(run: StoredRun): boolean {
  return run.logSize > Math.max(SMALL_LOG, run.checkpointSize)
}

/**
 * Writes a checkpoint and begins the next log, removing what it makes useless, and what a killed writer left. Called under the
 * lock. If it fails, `run` may not be what is on disk; nothing is lost there.
 */
export async function makeCheckpoint(folder: string, run: StoredRun, form: PayloadForm, token: string): Promise<void> {
  const generation = run.generation + 1
  const text = writeCheckpoint({ runId: run.runId, generation, image: run.image }, form)
  await replaceFile(join(folder, CHECKPOINT), text, token)
  Object.assign(run, { generation, logSize: 0, checkpointSize: Buffer.byteLength(text) })
  for (const name of await fs.readdir(folder)) {
    const isOldLog = (generationOf(name) ?? generation) < generation
    if (isOldLog || isTemporary(name)) await fs.remove(join(folder, name))
  }
}

/** Takes a run away, at once and durably; what is in the trash is no data any more. @throws `Unconfirmed` if it may come back */
export async function discardRun(folder: string, trashed: string): Promise<void> {
  try {
    await rename(folder, trashed)
  } catch (error) {
    // Removed by hand, maybe; but it may also be the trash that is not there.
    if (isMissing(error) && !existsSync(folder)) return
    throw error
  }
  await confirmChanges(dirname(folder), dirname(trashed))
}
