import type { ReferenceFileStore } from '../reference-file.js'
import * as stores from './crash-stores.js'
import * as inParts from './crash-stores-in-parts.js'
import * as damaged from './damaged-stores.js'
import * as faulty from './faulty-stores.js'
import { JournalLeft } from './leftovers.js'

/** Broken forms of the reference file store by name, so that child processes can open them too. */
export const fileVariants: Readonly<Record<string, typeof ReferenceFileStore>> = {
  'leaks-timer': stores.LeaksTimer,
  'tmp-listed': stores.TemporariesAreTables,
  'fixed-tmp-name': stores.FixedTemporary,
  'journal-reordered': stores.SystemStatesLater,
  'acknowledged-before-written': stores.WrittenLater,
  'busy-not-retried': stores.NoPatience,
  'claim-two-winners': stores.ClaimsJudgedBefore,
  'migration-not-atomic': stores.MadeInSteps,
  'init-drop-create': stores.MadeAnew,
  'commit-per-span': inParts.SpansOneByOne,
  'not-atomic-step-commit': inParts.StepThenState,
  'written-in-place': inParts.WrittenInPlace,
  'reads-of-a-moment-ago': stores.ReadsFromMemory,
  'fence-judged-before': stores.FencesJudgedBefore,
  'lock-left-behind-blocks': stores.LocksForEver,
  'stale-lock-stolen-from-living': stores.LocksOfTheLiving,
  'fence-checked-in-process-only': stores.OwnFencesOnly,
  'opening-tried-once': faulty.OpeningTriedOnce,
  'cleanup-half': faulty.DeletedInTwoSteps,
  'enospc-truncates': faulty.EmptiedBeforeWriting,
  'short-write-in-place': faulty.ShortWriteInPlace,
  'full-is-silent': faulty.SilentWhenFull,
  'readonly-silent': faulty.SilentWhenReadOnly,
  'made-but-io': faulty.MadeButToldAsIo,
  'memory-ahead': faulty.MemoryAheadOfFile,
  'poisoned-by-failure': faulty.PoisonedByFailure,
  'lock-kept-after-failure': faulty.LockKeptAfterFailure,
  'first-write-alone': faulty.FirstWriteAlone,
  'busy-is-corrupt': faulty.BusyIsCorrupt,
  'busy-is-rebuilt': faulty.BusyIsRebuilt,
  'rewritten-when-closed': faulty.RewrittenWhenClosed,
  'torn-as-null': damaged.TornIsNothing,
  'damage-filled-in': damaged.DamageFilledIn,
  'one-damaged-all-refused': damaged.AllOrNothing,
  'damaged-moved-aside': damaged.DamagedFileMovedAside,
  'damage-is-io': damaged.DamageIsIo,
  'rebuilt-when-opened': damaged.RebuiltWhenOpened,
  'reads-are-counted': damaged.ReadsAreCounted,
  'journal-left': JournalLeft,
  'path-join': damaged.NamedByRawIds,
}
