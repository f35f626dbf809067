/**
 * The folder of a run: a checkpoint and the log since then. What may be found after a crash, at whatever point:
 *
 * - an unfinished last line: no data, cut off by the next commit;
 * - a log without its last lines: a journal has them, and who opens the store puts them back before anything is read;
 * - a checkpoint's temporary file: never looked at, swept;
 * - a new checkpoint beside the log it contains (not removed yet): the checkpoint names the next log, the old one is ignored and
 *   removed by the next checkpoint;
 * - a folder in the trash: deleted, whatever is left in it.
 */
import { existsSync, mkdirSync, renameSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { emptyImage, type RunImage, StateBackendError } from '@flujo-state/core'
import { type ReadCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.js'
import { appendAt, confirmChanges, replaceFile } from './durable.js'
import { corrupt, isMissing } from './errors.js'
import type { Journal } from './journal.js'
import { CHECKPOINT, generationOf, inFolder, isTemporary, logName } from './layout.js'
import { checksumOfLine, type LogContent, logLine, readLog } from './log.js'
import { applyLogged, DoesNotFit, isSplice, type LoggedWrite } from './logged-write.js'
import { Pace } from './pace.js'
import { lookAt, namesIn, readSeen } from './reading.js'
import { NotAsJson, type PayloadKind } from './record-text.js'
import { type StoredRun, stampFile, stampFrom, stampOfRun } from './stored-run.js'

/** A log shorter than this is never worth a checkpoint; a longer one is when it is larger than the checkpoint before. */
const SMALL_LOG = 64 * 1024
/** A log with more splices of payloads than this is worth one too: each copies a large text when it is read. */
const MANY_SPLICES = 128

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

/** Files are looked at before their bytes are read, so that a change in between shows as a difference later. */
async function tryToRead(folder: string, expectedId: string | null): Promise<StoredRun | null | 'changed'> {
  if (lookAt(folder) === null) return null
  const checkpointFile = lookAt(inFolder(folder, CHECKPOINT))
  const checkpointStamp = stampFrom(CHECKPOINT, checkpointFile)
  const checkpoint = checkpointFile && (await readCheckpointFile(folder, checkpointFile, expectedId))
  const generation = checkpoint?.generation ?? 0
  const name = logName(generation)
  const path = inFolder(folder, name)
  const logFile = lookAt(path)
  const logStamp = stampFrom(name, logFile)
  const bytes = logFile && (await readSeen(path, logFile))
  if (checkpoint === null && hasCheckpointNow(folder, expectedId)) return 'changed'
  // A log that is not there may just have been replaced by a checkpoint, or its run deleted.
  if (bytes === null && stampFile(folder, CHECKPOINT) !== checkpointStamp) return 'changed'
  try {
    const run = await replay(checkpoint, bytes, path, expectedId)
    return run && { ...run, isNamed: false, checkpointStamp, logStamp }
  } catch (error) {
    // A torn line may have been cut off and written over while it was read.
    if (stampFile(folder, name) !== logStamp) return 'changed'
    throw error
  }
}

type SizedCheckpoint = ReadCheckpoint & { readonly size: number }

async function readCheckpointFile(
  folder: string,
  file: Parameters<typeof readSeen>[1],
  expectedId: string | null,
): Promise<SizedCheckpoint | null> {
  const path = inFolder(folder, CHECKPOINT)
  const bytes = await readSeen(path, file)
  return bytes && { ...(await readCheckpoint(bytes, path, expectedId)), size: bytes.length }
}

/** @throws `CORRUPT` for a later log without its checkpoint: that was lost */
function hasCheckpointNow(folder: string, expectedId: string | null): boolean {
  const names = namesIn(folder)
  if (names.includes(CHECKPOINT)) return true
  const later = names.find((name) => (generationOf(name) ?? 0) > 0)
  if (later === undefined) return false
  throw corrupt(`there is '${later}', but not the checkpoint it goes on from,`, folder, expectedId)
}

async function replay(
  checkpoint: SizedCheckpoint | null,
  bytes: Buffer | null,
  path: string,
  expectedId: string | null,
): Promise<Omit<StoredRun, 'checkpointStamp' | 'logStamp' | 'isNamed'> | null> {
  const log = bytes && (await readLog(bytes, path, checkpoint?.runId ?? expectedId))
  const runId = checkpoint?.runId ?? log?.runId ?? null
  if (runId === null) return null
  if (log?.runId != null && log.runId !== runId)
    throw corrupt(`the log is of run '${log.runId}', not of '${runId}'`, path, runId)
  const image = checkpoint?.image ?? emptyImage()
  const splices = log ? await applyLog(image, log, path, runId) : 0
  const generation = checkpoint?.generation ?? 0
  const hasTexts = (checkpoint?.hasTexts ?? false) || (log?.hasTexts ?? false)
  return {
    runId,
    image,
    generation,
    logSize: log?.size ?? 0,
    lastCommit: log?.last ?? '',
    splices,
    checkpointSize: checkpoint?.size ?? 0,
    hasTexts,
  }
}

/** Gives the number of splices. */
async function applyLog(image: RunImage, { writes }: LogContent, path: string, runId: string): Promise<number> {
  const pace = new Pace()
  try {
    for (const write of writes) {
      applyLogged(image, write)
      if (pace.isDue()) await pace.rest()
    }
  } catch (error) {
    if (error instanceof DoesNotFit) throw corrupt('a commit does not fit those before it', path, runId)
    throw error
  }
  return writes.filter(isSplice).length
}

/** What the payloads of the run are, if this is what the instance's are: those that were found as texts are looked at one by one. */
const kindIn = ({ hasTexts }: StoredRun, payloads: PayloadKind) => (payloads === 'own' && hasTexts ? 'json' : payloads)

/** Shards whose names this process has synced, so that not every new run needs that again. */
const namedShards = new Set<string>()

/**
 * Where names are that may not be on disk yet. That a run is there says nothing: who made it may have died before it synced them, so
 * the first commit of each reader does that.
 */
function namesToSync(folder: string, run: StoredRun): string[] {
  if (run.isNamed) return run.logSize === 0 ? [folder] : []
  const shard = dirname(folder)
  return namedShards.has(shard) ? [folder, shard] : [folder, shard, dirname(shard)]
}

/** Makes a commit durable. The image has it already. Called under the lock. */
export async function appendCommit(
  folder: string,
  run: StoredRun,
  writes: readonly LoggedWrite[],
  payloads: PayloadKind,
  journal: Journal,
): Promise<void> {
  const shard = dirname(folder)
  if (stampOfRun(run) === null && mkdirSync(folder, { recursive: true, mode: 0o700 }) === shard)
    namedShards.delete(shard)
  const path = inFolder(folder, logName(run.generation))
  const line = logLine(run.runId, writes, kindIn(run, payloads))
  const names = namesToSync(folder, run)
  const end = { log: path, at: run.logSize, after: run.lastCommit, line }
  // The journal is for further lines only: it cannot bring back a name.
  const confirm = names.length === 0 ? (fd: number) => journal.confirm(end, fd) : undefined
  run.logSize = await appendAt(path, run.logSize, line, names, confirm)
  run.lastCommit = checksumOfLine(line)
  run.splices += writes.filter(isSplice).length
  if (!run.isNamed) namedShards.add(shard)
  run.isNamed = true
}

/** Whether the log has grown so long that a checkpoint pays: so the cost of checkpoints per commit stays constant. */
export function wantsCheckpoint(run: StoredRun): boolean {
  return run.logSize > Math.max(SMALL_LOG, run.checkpointSize) || run.splices > MANY_SPLICES
}

/**
 * Writes a checkpoint and begins the next log, removing what it makes useless, and what a killed writer left. Called under the
 * lock. If it fails, `run` may not be what is on disk; nothing is lost there.
 */
export async function makeCheckpoint(
  folder: string,
  run: StoredRun,
  payloads: PayloadKind,
  token: string,
): Promise<void> {
  const generation = run.generation + 1
  const path = inFolder(folder, CHECKPOINT)
  const write = (kind: PayloadKind) =>
    replaceFile(path, writeCheckpoint({ runId: run.runId, generation, image: run.image }, kind), token)
  await write(kindIn(run, payloads)).catch((error) => {
    if (error instanceof NotAsJson) return write('text')
    throw error
  })
  const file = lookAt(path)
  const checkpointStamp = stampFrom(CHECKPOINT, file)
  const checkpointSize = Number(file?.size ?? 0)
  Object.assign(run, {
    generation,
    logSize: 0,
    lastCommit: '',
    splices: 0,
    checkpointSize,
    checkpointStamp,
    logStamp: null,
  })
  for (const name of namesIn(folder)) {
    const isOldLog = (generationOf(name) ?? generation) < generation
    if (isOldLog || isTemporary(name)) unlinkSync(inFolder(folder, name))
  }
}

/** Takes a run away, at once and durably; what is in the trash is no data any more. @throws `Unconfirmed` if it may come back */
export async function discardRun(folder: string, trashed: string): Promise<void> {
  try {
    renameSync(folder, trashed)
  } catch (error) {
    // Removed by hand, maybe; but it may also be the trash that is not there.
    if (isMissing(error) && !existsSync(folder)) return
    throw error
  }
  await confirmChanges(dirname(folder), dirname(trashed))
}
