/** A run in memory beside the files that say so, and how to tell whether they still do. */
import { emptyImage, type RunImage } from '@flujo-state/core'
import { CHECKPOINT, inFolder, logName } from './layout.js'
import { lookAt } from './reading.js'

/** A run as it was read: its image and the files that say so. */
export interface StoredRun {
  readonly runId: string
  readonly image: RunImage
  generation: number
  /** Bytes of whole lines in the log. */
  logSize: number
  /** The checksum of its last line, see `LogEnd`; empty if it has none. */
  lastCommit: string
  /** Splices of payloads in the log. */
  splices: number
  checkpointSize: number
  /** Whether the names of its files and folders are known to be on disk. */
  isNamed: boolean
  /** Which bytes were read, see `stampOf`; null: no such file. */
  checkpointStamp: string | null
  logStamp: string | null
  /** Whether payloads in it may be of another codec than this instance's. */
  readonly hasTexts: boolean
}

/** A run that has no files yet. */
export function newRun(runId: string): StoredRun {
  const sizes = { lastCommit: '', generation: 0, logSize: 0, splices: 0, checkpointSize: 0 }
  const nothing = { isNamed: false, checkpointStamp: null, logStamp: null }
  return { runId, image: emptyImage(), ...sizes, ...nothing, hasTexts: false }
}

/**
 * Tells whether a run's files are still those that were read: the checkpoint and the log that goes on from it. Null if there
 * is neither. Synchronous: it takes microseconds, and nothing can change between the answer and its use.
 */
export function stampOf(folder: string, generation: number): string | null {
  return joinStamps(stampFile(folder, CHECKPOINT), stampFile(folder, logName(generation)))
}

/** The stamp of the files as they were read or written. */
export function stampOfRun({ checkpointStamp, logStamp }: StoredRun): string | null {
  return joinStamps(checkpointStamp, logStamp)
}

function joinStamps(checkpoint: string | null, log: string | null): string | null {
  return checkpoint === null && log === null ? null : `${checkpoint} ${log}`
}

export const stampFile = (folder: string, name: string) => stampFrom(name, lookAt(inFolder(folder, name)))

export function stampFrom(name: string, file: ReturnType<typeof lookAt>): string | null {
  return file && `${name}:${file.ino}:${file.size}:${file.mtimeNs}`
}

/** Looks at the log again after a commit: nobody else has changed the checkpoint, the lock is ours. */
export function stampLog(folder: string, run: StoredRun): void {
  run.logStamp = stampFile(folder, logName(run.generation))
}
