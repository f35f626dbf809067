import type { Rule } from './rule.js'
import { everyMethodRules } from './themes/every-method.js'

/** Every rule of the contract, one line per file, in the order of the report. */
export const allRules: readonly Rule[] = [everyMethodRules].flat()
