import { referenceFileHarness } from '../reference-file-harness.js'
import type { BrokenBackend } from './broken-backend.js'
import type { fileVariants } from './file-variants.js'

/** A broken form of the reference file store, in this process and in others. */
function brokenFileStore(
  name: keyof typeof fileVariants,
  wrong: string,
  breaks: readonly string[],
  mayAlsoBreak: readonly string[] = [],
): BrokenBackend {
  return { name, wrong, breaks, mayAlsoBreak, harness: referenceFileHarness(name, name) }
}

export const brokenCrashes: readonly BrokenBackend[] = [
  brokenFileStore('leaks-timer', 'a timer keeps its process alive', ['SHD-04', 'SHD-06']),
  brokenFileStore('tmp-listed', 'temporary files of the dead are taken for the newest tables', ['DUR-05']),
  brokenFileStore('fixed-tmp-name', 'all processes write to one temporary file', ['DUR-05']),
  brokenFileStore('journal-reordered', 'system states are written after what came later', ['DUR-06']),
  brokenFileStore(
    'acknowledged-before-written',
    'a write is acknowledged before it is in the file',
    ['DUR-03'],
    ['DUR'],
  ),
  brokenFileStore('busy-not-retried', 'who finds the store locked gives up at once', ['CON-13']),
  brokenFileStore('claim-two-winners', 'a claim is judged by what was read before', ['EXT-02']),
  brokenFileStore('migration-not-atomic', 'a new store is made in two steps', ['MIG-03']),
  brokenFileStore('init-drop-create', 'every process makes the store anew', ['MIG-02'], ['DUR', 'SHD-03', 'CON-11']),
  brokenFileStore('commit-per-span', 'each span of a batch is a commit of its own', ['DUR-07']),
  brokenFileStore('not-atomic-step-commit', 'a step is committed before its snapshot', ['EXT-08']),
  brokenFileStore('written-in-place', 'the tables are written over the old ones, not beside them', [
    'DUR-04',
    'CON-51',
  ]),
  brokenFileStore('reads-of-a-moment-ago', 'a snapshot is read from memory for a moment after it was read', ['CON-50']),
  brokenFileStore('fence-judged-before', 'a fence is judged some time before the write', ['EXT-09']),
  brokenFileStore('lock-left-behind-blocks', 'the lock of a dead process is never passed over', ['DUR-05']),
  brokenFileStore('stale-lock-stolen-from-living', 'the lock of a living process is passed over', ['CON-13']),
  brokenFileStore('fence-checked-in-process-only', 'a process knows only its own claims', ['EXT-03']),
]
