import { brokenTasks } from './background-tasks.js'
import type { BrokenBackend } from './broken-backend.js'
import { brokenClaims } from './claims.js'
import { brokenCommits } from './commits.js'
import { brokenConcurrency } from './concurrency.js'
import { brokenCursors } from './cursors.js'
import { brokenIdentifiers } from './identifiers.js'
import { brokenIsolation } from './isolation.js'
import { brokenLifecycles } from './lifecycle.js'
import { brokenLists } from './lists.js'
import { brokenMethods } from './methods.js'
import { brokenPages } from './pages.js'
import { brokenPersistence } from './persistence.js'
import { brokenRecords } from './records.js'
import { brokenRetention } from './retention.js'
import { brokenRuns } from './runs.js'
import { brokenFields } from './snapshot-fields.js'
import { brokenUpdates } from './snapshot-updates.js'
import { brokenSnapshots } from './snapshots.js'
import { brokenStatuses } from './status.js'
import { brokenSteps } from './steps.js'
import { brokenTraces } from './traces.js'
import { brokenValues } from './values.js'
import { brokenVersions } from './versions.js'
import { brokenWindows } from './windows.js'

/** Every broken backend, one line per file. */
export const brokenBackends: readonly BrokenBackend[] = [
  brokenLists,
  brokenPages,
  brokenWindows,
  brokenRetention,
  brokenTasks,
  brokenRecords,
  brokenRuns,
  brokenStatuses,
  brokenSteps,
  brokenTraces,
  brokenClaims,
  brokenVersions,
  brokenCommits,
  brokenCursors,
  brokenFields,
  brokenIdentifiers,
  brokenIsolation,
  brokenLifecycles,
  brokenMethods,
  brokenSnapshots,
  brokenUpdates,
  brokenValues,
  brokenPersistence,
  brokenConcurrency,
].flat()
