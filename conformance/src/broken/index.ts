import { brokenTasks } from './background-tasks.js'
import type { BrokenBackend } from './broken-backend.js'
import { brokenClaims } from './claims.js'
import { COLLATERAL } from './collateral.js'
import { brokenCommits } from './commits.js'
import { brokenConcurrency } from './concurrency.js'
import { brokenCrashes } from './crash.js'
import { brokenCursors } from './cursors.js'
import { brokenByDamage } from './damage.js'
import { brokenFaults } from './faults.js'
import { hurriedCommits } from './hurried-commits.js'
import { hurriedLists } from './hurried-lists.js'
import { hurriedRuns } from './hurried-runs.js'
import { hurriedTraces } from './hurried-traces.js'
import { brokenIdentifiers } from './identifiers.js'
import { brokenIsolation } from './isolation.js'
import { brokenKept } from './kept.js'
import { brokenLeasesAndVersions } from './leases-and-versions.js'
import { brokenLifecycles } from './lifecycle.js'
import { brokenLimits } from './limits.js'
import { brokenLists } from './lists.js'
import { brokenMethods } from './methods.js'
import { brokenPages } from './pages.js'
import { brokenPersistence } from './persistence.js'
import { brokenRaces } from './races.js'
import { brokenReads } from './reads.js'
import { brokenRecords } from './records.js'
import { brokenRefusals } from './refusals.js'
import { brokenRetention } from './retention.js'
import { brokenRunLists } from './run-lists.js'
import { brokenRunRecords } from './run-records.js'
import { brokenRuns } from './runs.js'
import { brokenSecondWays } from './second-ways.js'
import { brokenSmallPrint } from './small-print.js'
import { brokenFields } from './snapshot-fields.js'
import { brokenUpdates } from './snapshot-updates.js'
import { brokenSnapshots } from './snapshots.js'
import { brokenSpanStatistics } from './span-statistics.js'
import { brokenStatuses } from './status.js'
import { brokenSteps } from './steps.js'
import { brokenTraces } from './traces.js'
import { brokenUnchanged } from './unchanged.js'
import { brokenValues } from './values.js'
import { brokenVersions } from './versions.js'
import { brokenWindows } from './windows.js'

/** One line per file. */
const all: readonly BrokenBackend[] = [
  brokenLimits,
  brokenSecondWays,
  brokenKept,
  brokenUnchanged,
  brokenSmallPrint,
  brokenLists,
  brokenPages,
  brokenWindows,
  brokenRetention,
  brokenTasks,
  brokenRecords,
  brokenRuns,
  brokenRunLists,
  brokenStatuses,
  brokenSteps,
  brokenTraces,
  brokenSpanStatistics,
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
  brokenCrashes,
  brokenFaults,
  brokenByDamage,
  brokenRaces,
  brokenRunRecords,
  brokenReads,
  brokenRefusals,
  brokenLeasesAndVersions,
  hurriedLists,
  hurriedCommits,
  hurriedRuns,
  hurriedTraces,
].flat()

/** Every broken backend. */
export const brokenBackends: readonly BrokenBackend[] = all.map((each) => {
  const beside = COLLATERAL[each.name]
  return beside === undefined ? each : { ...each, mayAlsoBreak: beside.split(' ') }
})
