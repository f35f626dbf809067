export type { Asserts } from './assert.js'
export type { VirtualClock } from './clock.js'
export type { RuleContext } from './context.js'
export { folderStorage } from './folder-storage.js'
export type {
  FaultKind,
  Faults,
  Harness,
  HarnessEnv,
  OpenInChild,
  RawStorage,
  SpawnHook,
} from './harness.js'
export type { Level } from './level.js'
export { type Runner, register } from './register.js'
export type {
  Cause,
  Counts,
  Environment,
  Hindrance,
  LevelResult,
  MarkResult,
  Outcome,
  Report,
  RuleResult,
  ZoneRun,
} from './report.js'
export { formatReport, type TextOptions } from './reports/text.js'
export type { Hook, Rule } from './rule.js'
export { allRules } from './rules.js'
export type { RunOptions } from './run.js'
export { runConformance } from './run-conformance.js'
export { type WithdrawnRule, withdrawnRules } from './withdrawn.js'
