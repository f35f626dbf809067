import { backgroundTaskRules } from './contract/background-task.js'
import { cleanupRules } from './contract/cleanup.js'
import { cleanupRunRules } from './contract/cleanup-runs.js'
import { compactRules } from './contract/compact.js'
import { evaluationRules } from './contract/evaluation.js'
import { failedRules } from './contract/failed.js'
import { staleTaskRules } from './contract/stale-task.js'
import { statisticsRules } from './contract/statistics.js'
import { systemStateRules } from './contract/system-state.js'
import { workflowFieldRules } from './contract/workflow-fields.js'
import { workflowFilterRules } from './contract/workflow-filter.js'
import { workflowListRules } from './contract/workflow-list.js'
import { workflowStateRules } from './contract/workflow-state.js'
import { workflowUpdateRules } from './contract/workflow-update.js'
import type { Rule } from './rule.js'
import { everyMethodRules } from './themes/every-method.js'
import { identifierRules } from './themes/identifiers.js'
import { pagingRules } from './themes/paging.js'
import { timeRules } from './themes/time.js'
import { timeFieldRules } from './themes/time-fields.js'
import { valueRules } from './themes/values.js'

/** Every rule of the contract, one line per file, in the order of the report. */
export const allRules: readonly Rule[] = [
  everyMethodRules,
  workflowStateRules,
  workflowFieldRules,
  workflowUpdateRules,
  valueRules,
  identifierRules,
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
  evaluationRules,
  systemStateRules,
  timeRules,
  timeFieldRules,
].flat()
