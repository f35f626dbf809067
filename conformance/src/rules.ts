import { workflowFieldRules } from './contract/workflow-fields.js'
import { workflowStateRules } from './contract/workflow-state.js'
import { workflowUpdateRules } from './contract/workflow-update.js'
import type { Rule } from './rule.js'
import { everyMethodRules } from './themes/every-method.js'
import { valueRules } from './themes/values.js'

/** Every rule of the contract, one line per file, in the order of the report. */
export const allRules: readonly Rule[] = [
  everyMethodRules,
  workflowStateRules,
  workflowFieldRules,
  workflowUpdateRules,
  valueRules,
].flat()
