import { backgroundTaskRules } from './contract/background-task.js'
import { claimRules } from './contract/claim.js'
import { claimedDeleteRules } from './contract/claim-delete.js'
import { claimInputRules } from './contract/claim-input.js'
import { renewedClaimRules } from './contract/claim-renewed.js'
import { sharedClaimRules } from './contract/claim-shared.js'
import { cleanupRules } from './contract/cleanup.js'
import { cleanupRunRules } from './contract/cleanup-runs.js'
import { compactRules } from './contract/compact.js'
import { evaluationRules } from './contract/evaluation.js'
import { failedRules } from './contract/failed.js'
import { keptRules } from './contract/kept.js'
import { runRules } from './contract/run.js'
import { runCostRules } from './contract/run-cost.js'
import { runDeleteRules } from './contract/run-delete.js'
import { runListRules } from './contract/run-list.js'
import { runMetadataFilterRules } from './contract/run-metadata-filter.js'
import { smallPrintRules } from './contract/small-print.js'
import { spanRules } from './contract/span.js'
import { spanDetailRules } from './contract/span-details.js'
import { spanStatisticsRules } from './contract/span-statistics.js'
import { staleTaskRules } from './contract/stale-task.js'
import { staleTaskRaceRules } from './contract/stale-task-races.js'
import { statisticsRules } from './contract/statistics.js'
import { stepRules } from './contract/step.js'
import { stepValueRules } from './contract/step-values.js'
import { systemStateRules } from './contract/system-state.js'
import { traceRules } from './contract/trace.js'
import { traceInputRules } from './contract/trace-input.js'
import { traceTreeRules } from './contract/trace-tree.js'
import { unchangedRules } from './contract/unchanged.js'
import { workflowFieldRules } from './contract/workflow-fields.js'
import { workflowFilterRules } from './contract/workflow-filter.js'
import { workflowListRules } from './contract/workflow-list.js'
import { workflowStateRules } from './contract/workflow-state.js'
import { workflowUpdateRules } from './contract/workflow-update.js'
import type { Rule } from './rule.js'
import { atomicCommitRules } from './themes/atomic-commit.js'
import { badInputRules } from './themes/bad-input.js'
import { capabilityRules } from './themes/capabilities.js'
import { commitStateRules } from './themes/commit-state.js'
import { concurrencyRules } from './themes/concurrency.js'
import { crashRules } from './themes/crash.js'
import { cursorRules } from './themes/cursor.js'
import { cursorInputRules } from './themes/cursor-input.js'
import { damageRules } from './themes/damage.js'
import { errorOrderRules } from './themes/error-order.js'
import { everyMethodRules } from './themes/every-method.js'
import { faultRules } from './themes/faults.js'
import { filterRules } from './themes/filters-with-cursor.js'
import { groupedWriteRules } from './themes/grouped-writes.js'
import { identifierRules } from './themes/identifiers.js'
import { isolationRules } from './themes/isolation.js'
import { isolationCallRules } from './themes/isolation-calls.js'
import { isolationEmptyRules } from './themes/isolation-empty.js'
import { limitRules } from './themes/limits.js'
import { lockedStoreRules } from './themes/locked-store.js'
import { modelRules } from './themes/model.js'
import { oneStatusRules } from './themes/one-status.js'
import { otherWayRules } from './themes/other-ways.js'
import { otherWayNumberRules } from './themes/other-ways-numbers.js'
import { pagingRules } from './themes/paging.js'
import { pathRules } from './themes/paths.js'
import { persistenceRules } from './themes/persistence.js'
import { placeholderRules } from './themes/placeholder.js'
import { processRules } from './themes/processes.js'
import { securityRules } from './themes/security.js'
import { shutdownRules } from './themes/shutdown.js'
import { shutdownWriteRules } from './themes/shutdown-writes.js'
import { staleLeaseRules } from './themes/stale-lease.js'
import { timeRules } from './themes/time.js'
import { timeFieldRules } from './themes/time-fields.js'
import { tornWriteRules } from './themes/torn-writes.js'
import { valueRules } from './themes/values.js'
import { versionRules } from './themes/version.js'
import { versionGrowthRules } from './themes/version-growth.js'
import { workerRules } from './themes/workers.js'

/** Every rule of the contract, one line per file, in the order of the report. */
export const allRules: readonly Rule[] = [
  everyMethodRules,
  workflowStateRules,
  workflowFieldRules,
  workflowUpdateRules,
  valueRules,
  otherWayRules,
  otherWayNumberRules,
  identifierRules,
  pathRules,
  isolationRules,
  isolationCallRules,
  isolationEmptyRules,
  workflowListRules,
  workflowFilterRules,
  pagingRules,
  statisticsRules,
  cleanupRules,
  cleanupRunRules,
  compactRules,
  failedRules,
  backgroundTaskRules,
  staleTaskRules,
  staleTaskRaceRules,
  evaluationRules,
  systemStateRules,
  runRules,
  runListRules,
  runMetadataFilterRules,
  runCostRules,
  runDeleteRules,
  oneStatusRules,
  placeholderRules,
  keptRules,
  unchangedRules,
  stepRules,
  stepValueRules,
  traceRules,
  traceInputRules,
  traceTreeRules,
  spanRules,
  spanDetailRules,
  spanStatisticsRules,
  claimRules,
  claimInputRules,
  sharedClaimRules,
  renewedClaimRules,
  claimedDeleteRules,
  staleLeaseRules,
  versionRules,
  versionGrowthRules,
  atomicCommitRules,
  commitStateRules,
  cursorRules,
  cursorInputRules,
  filterRules,
  errorOrderRules,
  smallPrintRules,
  timeRules,
  timeFieldRules,
  capabilityRules,
  shutdownRules,
  shutdownWriteRules,
  // Before those that kill: a process that is given back is used again.
  workerRules,
  concurrencyRules,
  processRules,
  persistenceRules,
  crashRules,
  faultRules,
  lockedStoreRules,
  damageRules,
  tornWriteRules,
  groupedWriteRules,
  securityRules,
  badInputRules,
  limitRules,
  modelRules,
].flat()
