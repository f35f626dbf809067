// The public names, one by one.
export type { BackgroundTask, BackgroundTaskOptions } from './background.js'
export type { RunnerClock } from './clock.js'
export type { StepContext } from './context.js'
export {
  type AnyStep,
  type AnyWorkflow,
  defineWorkflow,
  type Step,
  type StepOptions,
  step,
  type Workflow,
  type WorkflowDefinition,
} from './define.js'
export type { ResumeOptions, RunnerOptions, RunOptions } from './options.js'
export type { ProgressEvent, ProgressListener } from './progress.js'
export {
  listResumable,
  type RecoverOptions,
  type Recovery,
  type ResumableFilter,
  type ResumableRun,
  recover,
} from './recover.js'
export type { PausedBy, PauseNote, RunResult } from './result.js'
export type { RetryPolicy } from './retry.js'
export { resumeWorkflow, runWorkflow } from './run.js'
export { type SignalStop, stopOnSignals } from './signals.js'
