import { brokenTasks } from './background-tasks.js'
import type { BrokenBackend } from './broken-backend.js'
import { brokenClaims } from './claims.js'
import { brokenCommits } from './commits.js'
import { brokenCursors } from './cursors.js'
import { brokenLists } from './lists.js'
import { brokenPages } from './pages.js'
import { brokenRecords } from './records.js'
import { brokenRetention } from './retention.js'
import { brokenRuns } from './runs.js'
import { brokenStatuses } from './status.js'
import { brokenSteps } from './steps.js'
import { brokenTraces } from './traces.js'
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
].flat()
