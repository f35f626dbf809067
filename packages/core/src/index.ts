// The public names, one by one.

export type { Observer, ObserverEvent } from './backend/observer.js'
export type { BackendOptions } from './backend/options.js'
export {
  CAPABILITY_GROUPS,
  type Capabilities,
  type CapabilityGroup,
  CONTRACT_VERSION,
  defineCapabilities,
  type MultiInstance,
  type Persistence,
} from './capabilities.js'
export { createStateBackend, StoreStateBackend } from './create-state-backend.js'
// What authors of stores use.
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  errorOfMethod,
  isStateBackendError,
  messageOf,
  StateBackendError,
} from './errors.js'
export { iterate } from './iterate.js'
export type {
  ClaimOptions,
  DeleteRunOptions,
  Lease,
  RenewOptions,
  VersionedOptions,
  WriteOptions,
} from './models/claim.js'
export { identifierProblem, TERMINAL_STATUSES, WORKFLOW_STATUSES, type WorkflowStatus } from './models/common.js'
export type { Evaluation, EvaluationFilter, EvaluationInput } from './models/evaluation.js'
export type { Cursor } from './models/paging.js'
export type { Run, RunEnd, RunFilter, RunStart, RunSummary } from './models/run.js'
export { STEP_STATUSES, type StepInput, type StepRecord, type StepStatus } from './models/step.js'
export type { Storable, StorableObject, StorableTypes, StoredObject } from './models/storable.js'
export type { SystemState } from './models/system-state.js'
export type {
  DurationStatistics,
  Span,
  SpanEvent,
  SpanFilter,
  SpanInput,
  SpanNode,
  SpanNodeInput,
  SpanStatistics,
  SpanStatisticsFilter,
} from './models/trace.js'
export type {
  BackgroundTaskFilter,
  CleanupOptions,
  FailedFilter,
  FailedTaskFilter,
  StaleOptions,
  StateFilter,
  StateListItem,
  StatusCounts,
  WorkflowFilter,
  WorkflowState,
  WorkflowStateInput,
  WorkflowStatePatch,
  WorkflowStats,
  WorkflowSummary,
} from './models/workflow-state.js'
export type * from './records.js'
export { contains } from './rules/containment.js'
export { cursorOf, type ListItem } from './rules/cursor.js'
export { cutText } from './rules/cut-text.js'
export { ExactSum } from './rules/exact-sum.js'
export { compareCodePoints, isBehind, newestFirst } from './rules/order.js'
export type { StateUpgrade, StateUpgrades } from './rules/upgrade-state.js'
export { hoursBefore } from './rules/windows.js'
export { type CountedState, workflowStats } from './rules/workflow-statistics.js'
export {
  type Codec,
  type CodecContext,
  createCodec,
  type DefaultCodec,
  isDefaultCodec,
  type MemberText,
  type TypeRegistration,
} from './serialization/index.js'
export type * from './state-backend.js'
export type * from './state-store.js'
export { decide } from './store/decide.js'
export { applyWrite, emptyImage, headOf, isEmptyImage, type RunImage, stepsInOrder } from './store/image.js'
export { type EvaluationPlace, ListIndex } from './store/list-index.js'
export { type Change, type CommitUnit, type Condition, stepOf } from './store/unit.js'
