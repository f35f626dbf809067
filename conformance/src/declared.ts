import type { Capabilities, MultiInstance, Persistence } from '@flujo-state/core'
import type { Rule } from './rule.js'

const PERSISTENCE: readonly Persistence[] = ['none', 'process', 'crash']
const MULTI_INSTANCE: readonly MultiInstance[] = ['none', 'process', 'host', 'network']
type Declared = Pick<Capabilities, 'persistence' | 'multiInstance'>

/** What the backend declares too little of for this rule, in words; null if it is to be asked. */
export function declaredTooLittle(rule: Rule, { persistence, multiInstance }: Declared): string | null {
  if (isLess(PERSISTENCE, persistence, rule.persistence)) return `declares persistence ${persistence}`
  if (isLess(MULTI_INSTANCE, multiInstance, rule.multiInstance)) return `declares multiInstance ${multiInstance}`
  return null
}

/** A word that is none of them is the least: what asks for nothing runs all the same, and CAP-01 says what is wrong. */
function isLess<T>(words: readonly T[], declared: T, needed: T): boolean {
  return Math.max(0, words.indexOf(declared)) < words.indexOf(needed)
}
